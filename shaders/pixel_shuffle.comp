// SPDX-License-Identifier: MIT
// y[n, i, j] = x[n, i % r, j % r, i / r, j / r] with n = (b, c); elements of any type, as 32-bit words. A workgroup per row of y.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(x)
    VIEW0(y)
    uint rows, h, w, r;
} p;
layout(binding = 1) readonly buffer X { uint x[]; };
layout(binding = 2) writeonly buffer Y { uint y[]; };

void main() {
    uint row = group_id(p.grid_x);
    if (row >= p.rows) return;
    uint n = row / (p.h * p.r);
    uint i = row % (p.h * p.r);
    uint plane = p.h * p.w;
    uint from = p.x_offset + (n * p.r + i % p.r) * p.r * plane + i / p.r * p.w;
    uint to = p.y_offset + row * p.w * p.r;
    for (uint j = gl_LocalInvocationID.x; j < p.w * p.r; j += gl_WorkGroupSize.x) y[to + j] = x[from + j % p.r * plane + j / p.r];
}
