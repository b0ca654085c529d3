// SPDX-License-Identifier: MIT
// q[r, o] = sum over k of x[r, k] Q[o, k], + q_bias[o]; k and v likewise. Outputs are numbered through: q's, then k's, then v's.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "linear.glsl"
#include "linear_qkv_op.glsl"

void main() {
    uint outs = p.out_q + p.out_k + p.out_v;
    uint id = linear_id(p.grid_x);
    uint row = id / outs;
    uint o = id % outs;
    if (row >= p.rows) return;
    float sum = 0.0;
    if (o < p.out_q) {
        LINEAR_DOT(sum, q_weight, row, o, p.k_size, p.out_q)
        finish_q(row, o, sum);
    } else if (o < p.out_q + p.out_k) {
        o -= p.out_q;
        LINEAR_DOT(sum, k_weight, row, o, p.k_size, p.out_k)
        finish_k(row, o, sum);
    } else {
        o -= p.out_q + p.out_k;
        LINEAR_DOT(sum, v_weight, row, o, p.k_size, p.out_v)
        finish_v(row, o, sum);
    }
}
