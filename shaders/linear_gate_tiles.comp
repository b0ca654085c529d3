// SPDX-License-Identifier: MIT
// y[r, o] = act(sum over k of x[r, k] G[o, k] + gate_bias[o]) * (sum over k of x[r, k] U[o, k] + up_bias[o]); for many rows, x in tiles.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "tiles.glsl"
#include "linear_gate_op.glsl"

#ifdef ADDRESSED
// By address, both products are one piece of code, gone through twice: a driver compiles it in half the time.
Gate part;
#define STORING [[dont_unroll]]  // an activation for each sum written out takes as long to compile as the sums
#define WEIGHT(row, i) OCTET(part, (row) + (i))
#define SCALE part_scale
#define QUARTET part_quartet
#define VALUES part_values
#define TILE_SUMS part_sums
#include "tile_sums.glsl"
#else
#define STORING [[unroll]]
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
#endif

void main() {
    uvec2 tile = tile_at(group_id(p.grid_x), p.rows);
    TILES_FROM(tile, p.rows, p.k, from)
    if (tile.y >= weight_groups(p.out_size)) return;
    uint at = weights_from(tile, p.k, p.out_size);
    mat4 tiles[TILES];
    float gates[ROWS];
    float ups[ROWS];
#ifdef ADDRESSED
    [[dont_unroll]] for (uint i = 0; i < 2; i++) {
        part = Gate(i == 0 ? uvec2(p.gate_low, p.gate_high) : uvec2(p.up_low, p.up_high));
        part_sums(from, at, p.k, tiles);
        if (i == 0) in_a_row(tiles, tile, p.rows, gates);
    }
#else
    gate_sums(from, at, p.k, tiles);
    in_a_row(tiles, tile, p.rows, gates);
    up_sums(from, at, p.k, tiles);
#endif
    in_a_row(tiles, tile, p.rows, ups);
    uint o = output_of(tile);
    if (o < p.out_size) {
        float gate_added = p.has_bias != 0 ? gate_bias.at[p.gate_bias_offset + o] : 0.0;
        float up_added = p.has_bias != 0 ? up_bias.at[p.up_bias_offset + o] : 0.0;
        STORING for (uint i = 0; i < ROWS; i++)
            y.at[AT2(y, uvec2(row_of(tile, i, p.rows), o))] = activate(ACT, gates[i] + gate_added) * (ups[i] + up_added);
    }
}
