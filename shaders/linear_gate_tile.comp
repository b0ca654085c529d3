// SPDX-License-Identifier: MIT
// y[r, o] = act(sum over k of x[r, k] G[o, k] + gate_bias[o]) * (sum over k of x[r, k] U[o, k] + up_bias[o]); a tile of sums per workgroup.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "tile.glsl"
#include "linear_gate_op.glsl"

#define WEIGHT(i) gate[p.gate_offset + (i)]
#define PAIR gate_pair
#define TILE_SUMS gate_sums
#include "tile_sums.glsl"

#define WEIGHT(i) up[p.up_offset + (i)]
#define PAIR up_pair
#define TILE_SUMS up_sums
#include "tile_sums.glsl"

#define FINISH(row, o, i) finish(row, o, gates[i], ups[i])

void main() {
    uvec2 tile = tile_at(group_id(p.grid_x), p.rows);
    if (tile.y >= p.out_size) return;
    float gates[SUMS];
    float ups[SUMS];
    gate_sums(tile, p.rows, p.k, p.out_size, gates);
    up_sums(tile, p.rows, p.k, p.out_size, ups);
    FOR_TILE(tile, p.rows, p.out_size, FINISH)
}
