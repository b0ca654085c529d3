// SPDX-License-Identifier: MIT
// y[c] = x[c mod sizes of x]; elements of any type, as 32-bit words.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW0(y)
    uint count, x0, x1, x2, x3, y1, y2, y3;
} p;
layout(binding = 1) readonly buffer X { uint x[]; };
layout(binding = 2) writeonly buffer Y { uint y[]; };

void main() {
    uint i = linear_id(p.grid_x);
    if (i >= p.count) return;
    uvec4 c = unravel(i, p.y1, p.y2, p.y3) % uvec4(p.x0, p.x1, p.x2, p.x3);
    y[p.y_offset + i] = x[AT4(x, c)];
}
