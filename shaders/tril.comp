// SPDX-License-Identifier: MIT
// y[n, r, c] = c - r <= diagonal ? x[n, r, c] : 0; elements of any type, as 32-bit words.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(x)
    VIEW0(y)
    uint count, rows, columns, diagonal;
} p;
layout(binding = 1) readonly buffer X { uint x[]; };
layout(binding = 2) writeonly buffer Y { uint y[]; };

void main() {
    uint i = linear_id(p.grid_x);
    if (i >= p.count) return;
    int column = int(i % p.columns);
    int row = int(i / p.columns % p.rows);
    y[p.y_offset + i] = column - row <= int(p.diagonal) ? x[p.x_offset + i] : 0;
}
