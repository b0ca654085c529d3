// SPDX-License-Identifier: MIT
// y[r, o] = act(sum over k of x[r, k] W[o, k] + bias[o]) + residual[r, o]
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "linear.glsl"
#include "linear_fused_op.glsl"

void main() {
    uint id = linear_id(p.grid_x);
    uint row = id / p.out_size;
    uint o = id % p.out_size;
    if (row >= p.rows) return;
    float sum = 0.0;
    LINEAR_DOT(sum, weight, row, o, p.k, p.out_size)
    finish(row, o, sum);
}
