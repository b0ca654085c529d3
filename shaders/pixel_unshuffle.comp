// SPDX-License-Identifier: MIT
// y[n, a, b, i, j] = x[n, i r + a, j r + b] with n = (b, c); elements of any type, as 32-bit words. A workgroup per row of y.
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
    uint i = row % p.h;
    uint b = row / p.h % p.r;
    uint na = row / (p.h * p.r);
    uint from = p.x_offset + ((na / p.r * p.h + i) * p.r + na % p.r) * p.w * p.r + b;
    uint to = p.y_offset + row * p.w;
    for (uint j = gl_LocalInvocationID.x; j < p.w; j += gl_WorkGroupSize.x) y[to + j] = x[from + j * p.r];
}
