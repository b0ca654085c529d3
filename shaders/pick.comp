// SPDX-License-Identifier: MIT
// y[b, d] = x[b, rows[b], d], or 0 where there is no such row; elements of any type, as 32-bit words.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW0(rows)
    VIEW0(y)
    uint b, t, d;
} p;
layout(binding = 1) readonly buffer X { uint x[]; };
layout(binding = 2) readonly buffer Rows { uint rows[]; };
layout(binding = 3) writeonly buffer Y { uint y[]; };

void main() {
    uint i = linear_id(p.grid_x);
    if (i >= p.b * p.d) return;
    uint row = rows[p.rows_offset + i / p.d];
    uint value = 0;
    if (row < p.t) value = x[AT4(x, uvec4(0, i / p.d, row, i % p.d))];
    y[p.y_offset + i] = value;
}
