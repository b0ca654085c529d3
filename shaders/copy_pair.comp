// SPDX-License-Identifier: MIT
// ya[i] = a[i] and yb[i] = b[i], between any strides; elements of any type, as 32-bit words.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(a)
    VIEW4(b)
    VIEW4(ya)
    VIEW4(yb)
    uint count, d1, d2, d3;
} p;
layout(binding = 1) readonly buffer A { uint a[]; };
layout(binding = 2) readonly buffer B { uint b[]; };
layout(binding = 3) writeonly buffer YA { uint ya[]; };
layout(binding = 4) writeonly buffer YB { uint yb[]; };

void main() {
    uint i = linear_id(p.grid_x);
    if (i >= p.count) return;
    uvec4 c = unravel(i, p.d1, p.d2, p.d3);
    ya[AT4(ya, c)] = a[AT4(a, c)];
    yb[AT4(yb, c)] = b[AT4(b, c)];
}
