// SPDX-License-Identifier: MIT
// The same as convolve, as the sums of a linear layer over TILES * 16 places x LANES outputs. x comes padded (op pad_planes): places are
// numbered through its rows, so that one tap of the kernel is one distance for all of them; sums of places past a row's end are not stored.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "linear_fast.glsl"
#include "convolve_op.glsl"

layout(constant_id = 6) const uint TILES = 1;
layout(constant_id = 8) const uint KERNEL_H = 3;
layout(constant_id = 9) const uint KERNEL_W = 3;
layout(constant_id = 10) const uint STRIDE_H = 1;
layout(constant_id = 11) const uint STRIDE_W = 1;

// How far a tap of the kernel reaches along an axis.
uint reach_h() { return p.dilation_h * (KERNEL_H - 1); }
uint reach_w() { return p.dilation_w * (KERNEL_W - 1); }

// From the place of a sum to what it takes of x for element k of a weight's row: (channel, tap row, tap column).
uint distance_to(uint k) {
    uint tap = k % (KERNEL_H * KERNEL_W);
    uint down = tap / KERNEL_W * p.dilation_h, right = tap % KERNEL_W * p.dilation_w;
    uint phase = down % STRIDE_H * min(STRIDE_W, reach_w() + 1) + right % STRIDE_W;
    return k / (KERNEL_H * KERNEL_W) * p.x_s1 + phase * (p.out_height + reach_h() / STRIDE_H) * p.x_s2 + down / STRIDE_H * p.x_s2 + right / STRIDE_W;
}

#define X_RUN(from, k) RUN(x, from + distance_to(k))
#define WEIGHT(row, i) OCTET(weight, (row) + (i))
#define SCALE weight_scale
#define QUARTET weight_quartet
#define VALUES weight_values
#define TILE_SUMS weight_sums
#include "tile_sums.glsl"

void main() {
    uint in_group = p.channels / p.groups, out_group = p.out_size / p.groups;
    uint tiles = (p.out_height * p.x_s2 + TILES * 16 - 1) / (TILES * 16);
    uint eights = (out_group + LANES - 1) / LANES;
    uint id = group_id(p.grid_x);
    uint b = id / (tiles * eights * p.groups);
    uint group = id / (tiles * eights) % p.groups;
    id %= tiles * eights;
    // Eight tiles of places are close enough for a cache to hold what they read while all outputs are made of it.
    uint block = id / (8 * eights) * 8;
    uint in_block = min(tiles - block, 8);
    id -= block * eights;
    uint first = (block + id % in_block) * TILES * 16;
    uint eighth = id / in_block * (LANES / 8) + eight();

    uint plane = p.x_offset + min(b, p.batch - 1) * p.x_s0 + group * in_group * p.x_s1;
    uint from[TILES];
    [[unroll]] for (uint t = 0; t < TILES; t++) from[t] = plane + first + t * 16;
    uint row_words = packed_row_words(p.row_elements);
    uint at = min(group * (out_group / 8) + eighth, weight_groups(p.out_size) - 1) * row_words + (STORED == STORED_F32 ? p.first_element : p.first_element / 2);
    mat4 of_tiles[TILES];
    weight_sums(from, at, in_group * KERNEL_H * KERNEL_W, of_tiles);
    // An array that is indexed by a variable lies in memory: not the one that the loop over the sums adds to.
    float sums[TILES * 16];
    [[unroll]] for (uint i = 0; i < TILES * 16; i++) sums[i] = of_tiles[i / 16][i / 4 % 4][i % 4];

    uint o = eighth * 8 + gl_LocalInvocationID.x % 8;
    Channel channel = channel_of(group * out_group + min(o, out_group - 1));
    STORING for (uint i = 0; i < TILES * 16; i++) {
        uint place = first + i;
        uint row = place / p.x_s2, column = place % p.x_s2;
        if (o < out_group && row < p.out_height && column < p.out_width && b < p.batch) finish(uvec4(b, group * out_group + o, row, column), sums[i], channel);
    }
}
