// SPDX-License-Identifier: MIT
// y[r, o] = sum over k of x[r, k] W[o, k], + bias[o].
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "plain.glsl"
#include "linear_op.glsl"

#define WEIGHT(row, i) weight.at[p.weight_offset + (row) + 8 * (i)]
#define SCALE weight_scale
#define QUARTET weight_quartet
#define VALUES weight_values
#define SUM weight_sum
#include "plain_sum.glsl"

void main() {
    uint id = linear_id(p.grid_x);
    uint row = id / p.out_size;
    uint o = id % p.out_size;
    if (row >= p.rows) return;
    finish(row, o, weight_sum(row, o, p.k, p.out_size));
}
