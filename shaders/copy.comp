// SPDX-License-Identifier: MIT
// y[i] = x[i], between any strides; elements of any type, as 32-bit words.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW4(y)
    uint count, d1, d2, d3;
} p;
layout(binding = 1) readonly buffer X { uint x[]; };
layout(binding = 2) writeonly buffer Y { uint y[]; };

void main() {
    uint i = linear_id(p.grid_x);
    if (i >= p.count) return;
    uvec4 c = unravel(i, p.d1, p.d2, p.d3);
    y[AT4(y, c)] = x[AT4(x, c)];
}
