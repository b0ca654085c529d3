// SPDX-License-Identifier: MIT
// y[r, o] = act(sum over k of x[r, k] W[o, k] + bias[o]) + residual[r, o]; for few rows, on GPUs.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#define PARTS 1
#include "subgroup_rows.glsl"
#include "linear_fused_op.glsl"

#define WEIGHT(row, i) weight.at[p.weight_offset + (row) + 8 * (i)]
#define WEIGHT_QUAD(i) weight_quads.at[p.weight_offset / 4 + (i)]
#define SCALE weight_scale
#define QUARTET weight_quartet
#define VALUES weight_values
#define SUBGROUP_SUMS weight_sums
#include "subgroup_rows_sums.glsl"

#define FINISH(row, o, sum) finish(row, o, whole_sum(0, sum))

void main() {
    uint group = group_id(p.grid_x);
    if (group >= weight_groups(p.out_size)) return;
    weight_sums(0, group, p.k);
    FOR_SUMS(group, p.out_size, FINISH)
}
