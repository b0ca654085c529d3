// SPDX-License-Identifier: MIT
// ROWS x (8 GROUPS) sums per workgroup, for few rows of x, read four elements at a time: every eight invocations take a part of k, and the
// parts are added at the end.
#define X_TYPE vec4
#include "linear_fast.glsl"

#ifdef ADDRESSED
#extension GL_KHR_shader_subgroup_shuffle : require
#undef WEIGHTS
#define WEIGHTS(binding_number, Block, t) OCTETS(binding_number, Block, t) HALVES(Block, t)
#endif

layout(constant_id = 5) const uint ROWS = 1;    // of x
layout(constant_id = 6) const uint GROUPS = 1;  // of rows of the weight, per invocation

const uint SUMS = ROWS * GROUPS;
const uint PARTS = LANES / 8;

// From which bit on the numbers of quantised weights are placed, of the first and of the second sixteen of 32. Where both lie in one byte they
// share a shift.
const int PLACE = STORED == STORED_Q8_0 ? 15 : STORED <= STORED_Q4_1 || STORED == STORED_Q4_K ? 19 : STORED == STORED_Q6_K ? 17 : 18;
const ivec2 PLACES = ivec2(STORED >= STORED_Q4_0 && STORED <= STORED_Q5_1 ? PLACE - 4 : PLACE, PLACE);

// Zero, of one invocation negative: sums that begin with it are not known to be the same for all. Compilers for processors add up scalars for
// such sums, and then elements of x that are multiplied by vectors take the way through scalar registers.
float apart_zero() { return gl_LocalInvocationID.x == 0 ? -0.0 : 0.0; }

shared float parts[LANES];

// Of a group of eight rows, the one whose sum an invocation has in the end. Sixteen-bit weights are read as they lie, a pair of elements of each
// row: an even invocation has the even ones of row i / 2, and of row 4 + i / 2, its neighbour the odd ones; then they share out the two rows.
const bool PAIRED =
#ifdef ADDRESSED
    STORED == STORED_F16 || STORED == STORED_BF16;
#else
    false;
#endif
bool is_odd() { return gl_LocalInvocationID.x % 2 == 1; }
uint own_row() { return PAIRED ? gl_LocalInvocationID.x % 2 * 4 + gl_LocalInvocationID.x / 2 : gl_LocalInvocationID.x; }

#ifdef ADDRESSED
float paired_sum(float first, float second) {
    return (is_odd() ? second : first) + subgroupShuffleXor(is_odd() ? first : second, 1);
}
#endif

// Sum over the parts, given to the first eight invocations. All invocations call it.
float part_sum(float value) {
    if (PARTS == 1) return value;
    parts[gl_LocalInvocationID.x] = value;
    barrier();
    float sum = 0.0;
    if (gl_LocalInvocationID.x < 8) {
        for (uint i = 0; i < PARTS; i++) sum += parts[i * 8 + gl_LocalInvocationID.x];
    }
    barrier();
    return sum;
}

// Workgroups of one weight; (first row, first group of the weight's rows) of one of them. Row tiles lie closest: weights are read once.
uint rows_count(uint rows, uint out_size) {
    return ((rows + ROWS - 1) / ROWS) * ((weight_groups(out_size) + GROUPS - 1) / GROUPS);
}
uvec2 rows_at(uint id, uint rows) {
    uint row_tiles = (rows + ROWS - 1) / ROWS;
    return uvec2(id % row_tiles * ROWS, id / row_tiles * GROUPS);
}

// Calls f(row, o, i) for every sum there is, each by one invocation.
#define FOR_ROWS(tile, row_count, out_size, f) \
    [[unroll]] for (uint i = 0; i < SUMS; i++) { \
        uint row = tile.x + i / GROUPS; \
        uint o = (tile.y + i % GROUPS) * 8 + own_row(); \
        if (gl_LocalInvocationID.x < 8 && row < row_count && o < out_size) f(row, o, i); \
    }
