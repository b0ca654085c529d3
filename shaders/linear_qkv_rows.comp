// SPDX-License-Identifier: MIT
// q[r, o] = sum over k of x[r, k] Q[o, k], + q_bias[o]; k and v likewise, their workgroups following q's; for few rows.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "rows.glsl"
#include "linear_qkv_op.glsl"

#define WEIGHT(row, i) OCTET(q_weight, (row) + (i))
#define PAIR(i, j) HALF(q_weight, i, j)
#define SCALE q_scale
#define QUARTET q_quartet
#define QUARTETS q_quartets
#define VALUES q_values
#define ROWS_SUMS q_sums
#include "rows_sums.glsl"

#define WEIGHT(row, i) OCTET(k_weight, (row) + (i))
#define PAIR(i, j) HALF(k_weight, i, j)
#define SCALE k_scale
#define QUARTET k_quartet
#define QUARTETS k_quartets
#define VALUES k_values
#define ROWS_SUMS k_sums
#include "rows_sums.glsl"

#define WEIGHT(row, i) OCTET(v_weight, (row) + (i))
#define PAIR(i, j) HALF(v_weight, i, j)
#define SCALE v_scale
#define QUARTET v_quartet
#define QUARTETS v_quartets
#define VALUES v_values
#define ROWS_SUMS v_sums
#include "rows_sums.glsl"

#define FINISH_Q(row, o, i) finish_q(row, o, sums[i])
#define FINISH_K(row, o, i) finish_k(row, o, sums[i])
#define FINISH_V(row, o, i) finish_v(row, o, sums[i])

void main() {
    uint id = group_id(p.grid_x);
    uint q_groups = rows_count(p.rows, p.out_q);
    uint k_groups = rows_count(p.rows, p.out_k);
    float sums[SUMS];
    if (id < q_groups) {
        uvec2 tile = rows_at(id, p.rows);
        q_sums(tile, p.rows, p.k_size, p.out_q, sums);
        FOR_ROWS(tile, p.rows, p.out_q, FINISH_Q)
    } else if (id < q_groups + k_groups) {
        uvec2 tile = rows_at(id - q_groups, p.rows);
        k_sums(tile, p.rows, p.k_size, p.out_k, sums);
        FOR_ROWS(tile, p.rows, p.out_k, FINISH_K)
    } else {
        id -= q_groups + k_groups;
        if (id >= rows_count(p.rows, p.out_v)) return;
        uvec2 tile = rows_at(id, p.rows);
        v_sums(tile, p.rows, p.k_size, p.out_v, sums);
        FOR_ROWS(tile, p.rows, p.out_v, FINISH_V)
    }
}
