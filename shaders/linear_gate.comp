// SPDX-License-Identifier: MIT
// y[r, o] = act(sum over k of x[r, k] G[o, k] + gate_bias[o]) * (sum over k of x[r, k] U[o, k] + up_bias[o])
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "linear.glsl"
#include "linear_gate_op.glsl"

void main() {
    uint id = linear_id(p.grid_x);
    uint row = id / p.out_size;
    uint o = id % p.out_size;
    if (row >= p.rows) return;
    float gate_sum = 0.0;
    float up_sum = 0.0;
    LINEAR_DOT(gate_sum, gate, row, o, p.k, p.out_size)
    LINEAR_DOT(up_sum, up, row, o, p.k, p.out_size)
    finish(row, o, gate_sum, up_sum);
}
