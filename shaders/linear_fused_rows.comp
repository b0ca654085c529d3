// SPDX-License-Identifier: MIT
// y[r, o] = act(sum over k of x[r, k] W[o, k] + bias[o]) + residual[r, o]; for few rows, invocations along k.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "rows.glsl"
#include "linear_fused_op.glsl"

#define WEIGHT(i) weight[p.weight_offset + (i)]
#define PAIR weight_pair
#define ROWS_SUMS weight_sums
#include "rows_sums.glsl"

#define FINISH(row, o, i) finish(row, o, pick_sum(sums, i))

void main() {
    uvec2 tile = rows_at(group_id(p.grid_x), p.rows);
    if (tile.y >= p.out_size) return;
    float sums[SUMS];
    weight_sums(tile, p.rows, p.k, p.out_size, sums);
    FOR_ROWS(tile, p.rows, p.out_size, FINISH)
}
