// SPDX-License-Identifier: MIT
// y[r, o] = act(sum over k of x[r, k] G[o, k] + gate_bias[o]) * (sum over k of x[r, k] U[o, k] + up_bias[o]); by cooperative matrices, both
// products at once.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "plain.glsl"
#include "linear_gate_op.glsl"
#include "linear_matrix.glsl"

#define WEIGHT(row, i) gate.at[p.gate_offset + (row) + 8 * (i)]
#define SCALE gate_scale
#define QUARTET gate_quartet
#define VALUES gate_values
#define OCTET gate_octet
#include "weight_octet.glsl"

#define WEIGHT(row, i) up.at[p.up_offset + (row) + 8 * (i)]
#define SCALE up_scale
#define QUARTET up_quartet
#define VALUES up_values
#define OCTET up_octet
#include "weight_octet.glsl"

#define PARTS 2
void a_octet(uint row, uint k, out float v[8]) { x_octet(row, k, p.k, v); }
void b_octet(uint part, uint column, uint k, out float v[8]) {
    if (part == 0) gate_octet(column, k, p.k, p.out_size, v);
    else up_octet(column, k, p.k, p.out_size, v);
}
#define FINISH(row, column, sum) finish(row, column, sum[0], sum[1])
#include "matrix_tile.glsl"

void main() {
    uint id = group_id(p.grid_x);
    if (id >= TILE_COUNT(p.out_size)) return;
    matrix_tile(TILE_AT(id), p.rows, p.out_size, p.k);
}
