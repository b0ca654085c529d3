// SPDX-License-Identifier: MIT
// y[i] = f(x[i]). The including shader says UNARY(x), and in EXTRA the members of the block that its f reads.

#include "block.glsl"

#ifndef EXTRA
#define EXTRA
#endif

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW4(y)
    uint count, d1, d2, d3;
    EXTRA
} p;
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) writeonly buffer Y { float y[]; };

void main() {
    uint i = linear_id(p.grid_x);
    if (i >= p.count) return;
    uvec4 c = unravel(i, p.d1, p.d2, p.d3);
    float value = x[AT4(x, c)];
    y[AT4(y, c)] = UNARY(value);
}
