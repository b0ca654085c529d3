// SPDX-License-Identifier: MIT
// y[r, o] = act(sum over k of x[r, k] G[o, k] + gate_bias[o]) * (sum over k of x[r, k] U[o, k] + up_bias[o]); for few rows.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "rows.glsl"
#include "linear_gate_op.glsl"

#define WEIGHT(row, i) OCTET(gate, (row) + (i))
#define PAIR(i, j) HALF(gate, i, j)
#define SCALE gate_scale
#define QUARTET gate_quartet
#define QUARTETS gate_quartets
#define VALUES gate_values
#define ROWS_SUMS gate_sums
#include "rows_sums.glsl"

#define WEIGHT(row, i) OCTET(up, (row) + (i))
#define PAIR(i, j) HALF(up, i, j)
#define SCALE up_scale
#define QUARTET up_quartet
#define QUARTETS up_quartets
#define VALUES up_values
#define ROWS_SUMS up_sums
#include "rows_sums.glsl"

#define FINISH(row, o, i) finish(row, o, gates[i], ups[i])

void main() {
    uint id = group_id(p.grid_x);
    if (id >= rows_count(p.rows, p.out_size)) return;
    uvec2 tile = rows_at(id, p.rows);
    float gates[SUMS];
    float ups[SUMS];
    gate_sums(tile, p.rows, p.k, p.out_size, gates);
    up_sums(tile, p.rows, p.k, p.out_size, ups);
    FOR_ROWS(tile, p.rows, p.out_size, FINISH)
}
