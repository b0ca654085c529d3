// SPDX-License-Identifier: MIT
// ROWS x OUTS sums per workgroup, for few rows and layout [out, in]: invocations lie along k, so weights are read side by side, and
// their parts are added up at the end.
#include "linear_fast.glsl"
#include "group_sum_subgroup.glsl"

uint rows_count(uint rows, uint out_size) { return ((rows + ROWS - 1) / ROWS) * ((out_size + OUTS - 1) / OUTS); }
// (row, first output) of this workgroup.
uvec2 rows_at(uint id, uint rows) {
    uint row_tiles = (rows + ROWS - 1) / ROWS;
    return uvec2(id % row_tiles * ROWS, id / row_tiles * OUTS);
}

// Sum number i, of an array that invocations index differently.
float pick_sum(float sums[SUMS], uint i) {
    float value = sums[0];
    for (uint n = 1; n < SUMS; n++) value = n == i ? sums[n] : value;
    return value;
}

// Calls f(row, o, i) for every sum there is, each by one invocation.
#define FOR_ROWS(tile, row_count, out_size, f) \
    for (uint i = gl_LocalInvocationID.x; i < SUMS; i += LANES) { \
        uint row = tile.x + i / OUTS; \
        uint o = tile.y + i % OUTS; \
        if (row < row_count && o < out_size) f(row, o, i); \
    }
