// SPDX-License-Identifier: MIT
// q[r, o] = sum over k of x[r, k] Q[o, k], + q_bias[o]; k and v likewise, their workgroups following q's; by cooperative matrices.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "plain.glsl"
#include "linear_qkv_op.glsl"
#include "linear_matrix.glsl"

#define WEIGHT(row, i) q_weight.at[p.q_weight_offset + (row) + 8 * (i)]
#define SCALE q_scale
#define QUARTET q_quartet
#define VALUES q_values
#define OCTET q_octet
#include "weight_octet.glsl"

#define WEIGHT(row, i) k_weight.at[p.k_weight_offset + (row) + 8 * (i)]
#define SCALE k_scale
#define QUARTET k_quartet
#define VALUES k_values
#define OCTET k_octet
#include "weight_octet.glsl"

#define WEIGHT(row, i) v_weight.at[p.v_weight_offset + (row) + 8 * (i)]
#define SCALE v_scale
#define QUARTET v_quartet
#define VALUES v_values
#define OCTET v_octet
#include "weight_octet.glsl"

uint which;  // of q, k, v: what this workgroup makes

#define PARTS 1
void a_octet(uint row, uint k, out float v[8]) { x_octet(row, k, p.k_size, v); }
void b_octet(uint part, uint column, uint k, out float v[8]) {
    if (which == 0) q_octet(column, k, p.k_size, p.out_q, v);
    else if (which == 1) k_octet(column, k, p.k_size, p.out_k, v);
    else v_octet(column, k, p.k_size, p.out_v, v);
}
void finish(uint row, uint column, float sum) {
    if (which == 0) finish_q(row, column, sum);
    else if (which == 1) finish_k(row, column, sum);
    else finish_v(row, column, sum);
}
#define FINISH(row, column, sum) finish(row, column, sum[0])
#include "matrix_tile.glsl"

void main() {
    uint id = group_id(p.grid_x);
    uint q_tiles = TILE_COUNT(p.out_q), k_tiles = TILE_COUNT(p.out_k);
    which = id < q_tiles ? 0 : id < q_tiles + k_tiles ? 1 : 2;
    id -= which == 0 ? 0 : which == 1 ? q_tiles : q_tiles + k_tiles;
    uint out_size = which == 0 ? p.out_q : which == 1 ? p.out_k : p.out_v;
    if (id >= TILE_COUNT(out_size)) return;
    matrix_tile(TILE_AT(id), p.rows, out_size, p.k_size);
}
