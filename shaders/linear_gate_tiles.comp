// SPDX-License-Identifier: MIT
// y[r, o] = act(sum over k of x[r, k] G[o, k] + gate_bias[o]) * (sum over k of x[r, k] U[o, k] + up_bias[o]); for many rows, x in tiles.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "tiles.glsl"
#include "linear_gate_op.glsl"

#define WEIGHT(row, i) OCTET(gate, (row) + (i))
#define SCALE gate_scale
#define QUARTET gate_quartet
#define VALUES gate_values
#define TILE_SUMS gate_sums
#include "tile_sums.glsl"

#define WEIGHT(row, i) OCTET(up, (row) + (i))
#define SCALE up_scale
#define QUARTET up_quartet
#define VALUES up_values
#define TILE_SUMS up_sums
#include "tile_sums.glsl"

#define FINISH(row, o, t, i) finish(row, o, gates[t][i / 4][i % 4], ups[t][i / 4][i % 4])

void main() {
    uvec2 tile = tile_at(group_id(p.grid_x), p.rows);
    TILES_FROM(tile, p.rows, p.k, from)
    if (tile.y >= weight_groups(p.out_size)) return;
    mat4 gates[TILES];
    mat4 ups[TILES];
    gate_sums(from, weights_from(tile, p.k, p.out_size), p.k, gates);
    up_sums(from, weights_from(tile, p.k, p.out_size), p.k, ups);
    FOR_TILE(tile, p.rows, p.out_size, FINISH)
}
