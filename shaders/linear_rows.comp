// SPDX-License-Identifier: MIT
// y[r, o] = sum over k of x[r, k] W[o, k], + bias[o]; for few rows.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "rows.glsl"
#include "linear_op.glsl"

#define WEIGHT(row, i) OCTET(weight, (row) + (i))
#define PAIR(i, j) HALF(weight, i, j)
#define SCALE weight_scale
#define QUARTET weight_quartet
#define QUARTETS weight_quartets
#define VALUES weight_values
#define ROWS_SUMS weight_sums
#include "rows_sums.glsl"

#define FINISH(row, o, i) finish(row, o, sums[i])

void main() {
    uint id = group_id(p.grid_x);
    if (id >= rows_count(p.rows, p.out_size)) return;
    uvec2 tile = rows_at(id, p.rows);
    float sums[SUMS];
    weight_sums(tile, p.rows, p.k, p.out_size, sums);
    FOR_ROWS(tile, p.rows, p.out_size, FINISH)
}
