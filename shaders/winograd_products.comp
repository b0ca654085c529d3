// SPDX-License-Identifier: MIT
// y[p, t, o / 8, u, o % 8] = sum over c of tiles[p, t, c, u] weight[p, o / 8, c, o % 8]: the sums of a linear layer, 36 times.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "linear_fast.glsl"

layout(constant_id = 5) const uint TILES = 1;

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(tiles)
    VIEW0(weight)
    VIEW0(y)
    uint sixteens, channels, eights;
} p;
TENSOR(1, readonly, Tiles, mat4, tiles)
WEIGHTS(2, Weight, weight)
TENSOR(3, writeonly, Y, float, y)

#define X_RUN(from, k) tiles.at[from + k]
#define WEIGHT(row, i) OCTET(weight, (row) + (i))
#define SCALE weight_scale
#define QUARTET weight_quartet
#define VALUES weight_values
#define TILE_SUMS weight_sums
#include "tile_sums.glsl"

void main() {
    uint stretches = (p.sixteens + TILES - 1) / TILES;
    uint columns = (p.eights + LANES / 8 - 1) / (LANES / 8);
    uint id = group_id(p.grid_x);
    uint point = min(id / (stretches * columns), 35);
    // Weights are read once, tiles again for every eight outputs: those of one point fit a cache.
    uint first = id % stretches * TILES;
    uint eighth = id / stretches % columns * (LANES / 8) + eight();

    uint from[TILES];
    [[unroll]] for (uint t = 0; t < TILES; t++) from[t] = p.tiles_offset / 16 + (point * p.sixteens + min(first + t, p.sixteens - 1)) * p.channels;
    uint at = p.weight_offset / 8 + (point * p.eights + min(eighth, p.eights - 1)) * packed_row_words(p.channels);
    mat4 sums[TILES];
    weight_sums(from, at, p.channels, sums);
    [[unroll]] for (uint t = 0; t < TILES; t++)
        if (first + t < p.sixteens && (LANES == 8 || eighth < p.eights))
            [[unroll]] for (uint i = 0; i < 16; i++)
                y.at[p.y_offset + (((point * p.sixteens + first + t) * p.eights + eighth) * 16 + i) * 8 + gl_LocalInvocationID.x % 8] = sums[t][i / 4][i % 4];
}
