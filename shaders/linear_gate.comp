// SPDX-License-Identifier: MIT
// y[r, o] = act(sum over k of x[r, k] G[o, k] + gate_bias[o]) * (sum over k of x[r, k] U[o, k] + up_bias[o]).
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "plain.glsl"
#include "linear_gate_op.glsl"

#define WEIGHT(row, i) gate.at[p.gate_offset + (row) + 8 * (i)]
#define SCALE gate_scale
#define QUARTET gate_quartet
#define VALUES gate_values
#define SUM gate_sum
#include "plain_sum.glsl"

#define WEIGHT(row, i) up.at[p.up_offset + (row) + 8 * (i)]
#define SCALE up_scale
#define QUARTET up_quartet
#define VALUES up_values
#define SUM up_sum
#include "plain_sum.glsl"

void main() {
    uint id = linear_id(p.grid_x);
    uint row = id / p.out_size;
    uint o = id % p.out_size;
    if (row >= p.rows) return;
    finish(row, o, gate_sum(row, o, p.k, p.out_size), up_sum(row, o, p.k, p.out_size));
}
