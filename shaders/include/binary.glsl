// SPDX-License-Identifier: MIT
// y[i] = f(a[i], b[i]), or of a[i] and a number. The including shader says BINARY(a, b).

#include "block.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(a)
    VIEW4(b)
    VIEW4(y)
    uint count, d1, d2, d3;
    uint has_b;
    float number;
    uint swap;
} p;
layout(binding = 1) readonly buffer A { float a[]; };
layout(binding = 2) readonly buffer B { float b[]; };
layout(binding = 3) writeonly buffer Y { float y[]; };

void main() {
    uint i = linear_id(p.grid_x);
    if (i >= p.count) return;
    uvec4 c = unravel(i, p.d1, p.d2, p.d3);
    float left = a[AT4(a, c)];
    float right = p.number;
    if (p.has_b != 0) {
        right = b[AT4(b, c)];
    } else if (p.swap != 0) {
        right = left;
        left = p.number;
    }
    y[AT4(y, c)] = BINARY(left, right);
}
