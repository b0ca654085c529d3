// SPDX-License-Identifier: MIT
// y[i] = condition[i] ? a[i] : b[i]; elements of any type, as 32-bit words.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(condition)
    VIEW4(a)
    VIEW4(b)
    VIEW4(y)
    uint count, d1, d2, d3;
} p;
layout(binding = 1) readonly buffer Condition { uint condition[]; };
layout(binding = 2) readonly buffer A { uint a[]; };
layout(binding = 3) readonly buffer B { uint b[]; };
layout(binding = 4) writeonly buffer Y { uint y[]; };

void main() {
    uint i = linear_id(p.grid_x);
    if (i >= p.count) return;
    uvec4 c = unravel(i, p.d1, p.d2, p.d3);
    y[AT4(y, c)] = condition[AT4(condition, c)] != 0 ? a[AT4(a, c)] : b[AT4(b, c)];
}
