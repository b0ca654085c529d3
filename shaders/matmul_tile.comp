// SPDX-License-Identifier: MIT
// As matmul.comp: a tile of ROWS x (COLUMNS * local size) sums per workgroup. Invocations lie along the columns; a is the same for all
// of them. What lies outside repeats the last row or column and is not stored.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(constant_id = 3) const uint ROWS = 4;
layout(constant_id = 4) const uint COLUMNS = 4;

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(a)
    VIEW4(b)
    VIEW4(y)
    uint b0, b1, m, k, n;
} p;
layout(binding = 1) readonly buffer A { float a[]; };
layout(binding = 2) readonly buffer B { float b[]; };
layout(binding = 3) writeonly buffer Y { float y[]; };

void main() {
    uint wide = COLUMNS * gl_WorkGroupSize.x;
    uint row_tiles = (p.m + ROWS - 1) / ROWS;
    uint tiles = row_tiles * ((p.n + wide - 1) / wide);
    uint id = group_id(p.grid_x);
    if (id >= p.b0 * p.b1 * tiles) return;
    uvec2 batch = uvec2(id / tiles / p.b1, id / tiles % p.b1);
    uint first_row = id % tiles % row_tiles * ROWS;
    uint first_column = id % tiles / row_tiles * wide + gl_LocalInvocationID.x;

    uint rows[ROWS];
    for (uint r = 0; r < ROWS; r++) rows[r] = AT4(a, uvec4(batch, min(first_row + r, p.m - 1), 0));
    uint columns[COLUMNS];
    for (uint j = 0; j < COLUMNS; j++)
        columns[j] = AT4(b, uvec4(batch, 0, min(first_column + j * gl_WorkGroupSize.x, p.n - 1)));
    float sums[ROWS * COLUMNS];
    for (uint i = 0; i < ROWS * COLUMNS; i++) sums[i] = 0.0;
    for (uint k = 0; k < p.k; k++) {
        float v[COLUMNS];
        for (uint j = 0; j < COLUMNS; j++) v[j] = b[columns[j] + k * p.b_s2];
        for (uint r = 0; r < ROWS; r++) {
            float u = a[rows[r] + k * p.a_s3];
            for (uint j = 0; j < COLUMNS; j++) sums[r * COLUMNS + j] += u * v[j];
        }
    }
    for (uint r = 0; r < ROWS; r++) {
        for (uint j = 0; j < COLUMNS; j++) {
            uint row = first_row + r;
            uint column = first_column + j * gl_WorkGroupSize.x;
            if (row < p.m && column < p.n) y[AT4(y, uvec4(batch, row, column))] = sums[r * COLUMNS + j];
        }
    }
}
