// SPDX-License-Identifier: MIT
// y[r, o] = act(sum over k of x[r, k] G[o, k] + gate_bias[o]) * (sum over k of x[r, k] U[o, k] + up_bias[o]); for few rows, on GPUs.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#define PARTS 2
#include "subgroup_rows.glsl"
#include "linear_gate_op.glsl"

#define WEIGHT(row, i) gate.at[p.gate_offset + (row) + 8 * (i)]
#define WEIGHT_QUAD(i) gate_quads.at[p.gate_offset / 4 + (i)]
#define SCALE gate_scale
#define QUARTET gate_quartet
#define VALUES gate_values
#define SUBGROUP_SUMS gate_sums
#include "subgroup_rows_sums.glsl"

#define WEIGHT(row, i) up.at[p.up_offset + (row) + 8 * (i)]
#define WEIGHT_QUAD(i) up_quads.at[p.up_offset / 4 + (i)]
#define SCALE up_scale
#define QUARTET up_quartet
#define VALUES up_values
#define SUBGROUP_SUMS up_sums
#include "subgroup_rows_sums.glsl"

#define FINISH(row, o, sum) finish(row, o, whole_sum(0, sum), whole_sum(1, sum))

void main() {
    uint group = group_id(p.grid_x);
    if (group >= weight_groups(p.out_size)) return;
    gate_sums(0, group, p.k);
    up_sums(1, group, p.k);
    FOR_SUMS(group, p.out_size, FINISH)
}
