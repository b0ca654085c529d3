// SPDX-License-Identifier: MIT
// The same as convolve, for 1 x 1 kernels: a linear layer of TILES * 16 places x LANES outputs. x comes in tiles (op tile_places).
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "linear_fast.glsl"
#define IMAGE(binding_number, Block, t) TENSOR(binding_number, readonly, Block, mat4, t)
#include "convolve_op.glsl"

layout(constant_id = 6) const uint TILES = 1;

#define X_RUN(from, k) x.at[from + k]
#define WEIGHT(row, i) OCTET(weight, (row) + (i))
#define SCALE weight_scale
#define QUARTET weight_quartet
#define VALUES weight_values
#define TILE_SUMS weight_sums
#include "tile_sums.glsl"

void main() {
    uint sixteens = (p.out_height * p.out_width + 15) / 16, stretches = (sixteens + TILES - 1) / TILES;
    uint eights = (p.out_size + LANES - 1) / LANES;
    uint id = min(group_id(p.grid_x), p.batch * stretches * eights - 1);  // beyond the last: it again, with the same results
    uint b = id / (stretches * eights);
    id %= stretches * eights;
    // Eight stretches of places are close enough for a cache to hold what they read while all outputs are made of it.
    uint block = id / (8 * eights) * 8;
    uint in_block = min(stretches - block, 8);
    id -= block * eights;
    uint first = (block + id % in_block) * TILES;
    uint eighth = id / in_block * (LANES / 8) + eight();

    uint from[TILES];
    [[unroll]] for (uint t = 0; t < TILES; t++) from[t] = p.x_offset / 16 + (b * sixteens + min(first + t, sixteens - 1)) * p.channels;
    uint at = min(eighth, weight_groups(p.out_size) - 1) * packed_row_words(p.row_elements) + (STORED == STORED_F32 ? p.first_element : p.first_element / 2);
    mat4 tiles[TILES];
    weight_sums(from, at, p.channels, tiles);
    // An array that is indexed by a variable lies in memory: not the one that the loop over the sums adds to.
    float sums[TILES * 16];
    [[unroll]] for (uint i = 0; i < TILES * 16; i++) sums[i] = tiles[i / 16][i / 4 % 4][i % 4];

    uint o = eighth * 8 + gl_LocalInvocationID.x % 8;
    Channel channel = channel_of(min(o, p.out_size - 1));
    STORING for (uint i = 0; i < TILES * 16; i++) {
        uint place = first * 16 + i;
        uint row = place / p.out_width, column = place % p.out_width;
        if (o < p.out_size && row < p.out_height) finish(uvec4(b, o, row, column), sums[i], channel);
    }
}
