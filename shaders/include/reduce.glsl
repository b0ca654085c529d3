// SPDX-License-Identifier: MIT
// y[i] = what a row's elements come to. x: [d0, d1, d2, d3] with rows d0 d1, and the axes taken out last. A row is an invocation's, or,
// where GROUPED, a workgroup's. The including shader defines reduced(), out of folds.

#include "block.glsl"

layout(constant_id = 3) const uint GROUPED = 0;

#ifndef EXTRA
#define EXTRA
#endif

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW0(y)
    uint rows, d1, d2, d3;
    EXTRA
} p;
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) writeonly buffer Y { float y[]; };

shared float parts[gl_WorkGroupSize.x];

// Index into x of element i of the row that begins at `from`.
uint row_element(uint from, uint i) {
    if (p.d2 == 1) return from + i * p.x_s3;
    return from + i / p.d3 * p.x_s2 + i % p.d3 * p.x_s3;
}

#define ADD(a, b) ((a) + (b))

// Defines name(from, aid): `term(v)` of the row's elements v, which may use `aid`, joined by `join(a, b)`, whose neutral element is
// `start`. The local size is a power of two.
#define FOLD(name, start, term, join)                                                      \
    float name(uint from, float aid) {                                                     \
        uint lane = GROUPED != 0 ? gl_LocalInvocationID.x : 0;                             \
        uint step = GROUPED != 0 ? gl_WorkGroupSize.x : 1;                                 \
        float result = start;                                                              \
        for (uint i = lane; i < p.d2 * p.d3; i += step) {                                  \
            float v = x[row_element(from, i)];                                             \
            result = join(result, term(v));                                                \
        }                                                                                  \
        if (GROUPED == 0) return result;                                                   \
        barrier(); /* the last fold's result may still be read */                          \
        parts[lane] = result;                                                              \
        for (uint half_size = gl_WorkGroupSize.x / 2; half_size > 0; half_size /= 2) {     \
            barrier();                                                                     \
            if (lane < half_size) parts[lane] = join(parts[lane], parts[lane + half_size]); \
        }                                                                                  \
        barrier();                                                                         \
        return parts[0];                                                                   \
    }

float reduced(uint from);

void main() {
    uint row = GROUPED != 0 ? group_id(p.grid_x) : linear_id(p.grid_x);
    if (row >= p.rows) return;
    float value = reduced(p.x_offset + row / p.d1 * p.x_s0 + row % p.d1 * p.x_s1);
    if (GROUPED == 0 || gl_LocalInvocationID.x == 0) y[p.y_offset + row] = value;
}
