// SPDX-License-Identifier: MIT
// y[c, r, n] = sum over k of a[c, r, k] b[c, k, n], c two leading axes
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

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
    uint i = linear_id(p.grid_x);
    if (i >= p.b0 * p.b1 * p.m * p.n) return;
    uvec4 c = unravel(i, p.b1, p.m, p.n);
    uint row = AT4(a, uvec4(c.xyz, 0));
    uint column = AT4(b, uvec4(c.xy, 0, c.w));
    float sum = 0.0;
    for (uint k = 0; k < p.k; k++) sum += a[row + k * p.a_s3] * b[column + k * p.b_s2];
    y[AT4(y, c)] = sum;
}
