// SPDX-License-Identifier: MIT
// y[r, o] = act(sum over k of x[r, k] W[o, k] + bias[o]) + residual[r, o]; by cooperative matrices.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "plain.glsl"
#include "linear_fused_op.glsl"
#include "linear_matrix.glsl"

#define WEIGHT(row, i) weight.at[p.weight_offset + (row) + 8 * (i)]
#define SCALE weight_scale
#define QUARTET weight_quartet
#define VALUES weight_values
#define OCTET weight_octet
#include "weight_octet.glsl"

#define PARTS 1
void a_octet(uint row, uint k, out float v[8]) { x_octet(row, k, p.k, v); }
void b_octet(uint part, uint column, uint k, out float v[8]) { weight_octet(column, k, p.k, p.out_size, v); }
#define FINISH(row, column, sum) finish(row, column, sum[0])
#include "matrix_tile.glsl"

void main() {
    uint id = group_id(p.grid_x);
    if (id >= TILE_COUNT(p.out_size)) return;
    matrix_tile(TILE_AT(id), p.rows, p.out_size, p.k);
}
