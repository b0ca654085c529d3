// SPDX-License-Identifier: MIT
// q[r, o] = sum over k of x[r, k] Q[o, k], + q_bias[o]; k and v likewise.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "plain.glsl"
#include "linear_qkv_op.glsl"

#define WEIGHT(row, i) q_weight.at[p.q_weight_offset + (row) + 8 * (i)]
#define SCALE q_scale
#define QUARTET q_quartet
#define VALUES q_values
#define SUM q_sum
#include "plain_sum.glsl"

#define WEIGHT(row, i) k_weight.at[p.k_weight_offset + (row) + 8 * (i)]
#define SCALE k_scale
#define QUARTET k_quartet
#define VALUES k_values
#define SUM k_sum
#include "plain_sum.glsl"

#define WEIGHT(row, i) v_weight.at[p.v_weight_offset + (row) + 8 * (i)]
#define SCALE v_scale
#define QUARTET v_quartet
#define VALUES v_values
#define SUM v_sum
#include "plain_sum.glsl"

void main() {
    uint outs = p.out_q + p.out_k + p.out_v;
    uint id = linear_id(p.grid_x);
    uint row = id / outs;
    uint o = id % outs;  // numbered through
    if (row >= p.rows) return;
    if (o < p.out_q) {
        finish_q(row, o, q_sum(row, o, p.k_size, p.out_q));
    } else if (o < p.out_q + p.out_k) {
        o -= p.out_q;
        finish_k(row, o, k_sum(row, o, p.k_size, p.out_k));
    } else {
        o -= p.out_q + p.out_k;
        finish_v(row, o, v_sum(row, o, p.k_size, p.out_v));
    }
}
