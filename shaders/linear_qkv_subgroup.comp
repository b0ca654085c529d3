// SPDX-License-Identifier: MIT
// q[r, o] = sum over k of x[r, k] Q[o, k], + q_bias[o]; k and v likewise, their workgroups following q's; for few rows, on GPUs.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#define PARTS 1
#include "subgroup_rows.glsl"
#include "linear_qkv_op.glsl"

#define WEIGHT(row, i) q_weight.at[p.q_weight_offset + (row) + 8 * (i)]
#define WEIGHT_QUAD(i) q_weight_quads.at[p.q_weight_offset / 4 + (i)]
#define SCALE q_scale
#define QUARTET q_quartet
#define VALUES q_values
#define SUBGROUP_SUMS q_sums
#include "subgroup_rows_sums.glsl"

#define WEIGHT(row, i) k_weight.at[p.k_weight_offset + (row) + 8 * (i)]
#define WEIGHT_QUAD(i) k_weight_quads.at[p.k_weight_offset / 4 + (i)]
#define SCALE k_scale
#define QUARTET k_quartet
#define VALUES k_values
#define SUBGROUP_SUMS k_sums
#include "subgroup_rows_sums.glsl"

#define WEIGHT(row, i) v_weight.at[p.v_weight_offset + (row) + 8 * (i)]
#define WEIGHT_QUAD(i) v_weight_quads.at[p.v_weight_offset / 4 + (i)]
#define SCALE v_scale
#define QUARTET v_quartet
#define VALUES v_values
#define SUBGROUP_SUMS v_sums
#include "subgroup_rows_sums.glsl"

#define FINISH_Q(row, o, sum) finish_q(row, o, whole_sum(0, sum))
#define FINISH_K(row, o, sum) finish_k(row, o, whole_sum(0, sum))
#define FINISH_V(row, o, sum) finish_v(row, o, whole_sum(0, sum))

void main() {
    uint group = group_id(p.grid_x);
    uint q_groups = weight_groups(p.out_q), k_groups = weight_groups(p.out_k);
    if (group < q_groups) {
        q_sums(0, group, p.k_size);
        FOR_SUMS(group, p.out_q, FINISH_Q)
    } else if (group < q_groups + k_groups) {
        group -= q_groups;
        k_sums(0, group, p.k_size);
        FOR_SUMS(group, p.out_k, FINISH_K)
    } else {
        group -= q_groups + k_groups;
        if (group >= weight_groups(p.out_v)) return;
        v_sums(0, group, p.k_size);
        FOR_SUMS(group, p.out_v, FINISH_V)
    }
}
