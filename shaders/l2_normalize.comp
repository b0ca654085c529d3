// SPDX-License-Identifier: MIT
// y[r, k] = x[r, k] / max(sqrt(sum over k of x^2), eps); a row per workgroup.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "group_sum.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW4(y)
    uint rows, k, d1, d2;
    float eps;
} p;
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) writeonly buffer Y { float y[]; };

void main() {
    uint row = group_id(p.grid_x);
    if (row >= p.rows) return;
    uvec4 c = unravel(row, p.d1, p.d2, 1);
    uint from = AT4(x, c);
    uint to = AT4(y, c);

    float sum = 0.0;
    for (uint k = gl_LocalInvocationID.x; k < p.k; k += gl_WorkGroupSize.x) {
        float value = x[from + k * p.x_s3];
        sum += value * value;
    }
    float factor = 1.0 / max(sqrt(group_sum(sum)), p.eps);
    for (uint k = gl_LocalInvocationID.x; k < p.k; k += gl_WorkGroupSize.x) y[to + k * p.y_s3] = x[from + k * p.x_s3] * factor;
}
