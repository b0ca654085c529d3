// SPDX-License-Identifier: MIT
// y[i, k, r] = x[i tile + r, k], 0 where x has no such row
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW2(x)
    VIEW0(y)
    uint rows, k, tile;
} p;
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) writeonly buffer Y { float y[]; };

void main() {
    uint id = linear_id(p.grid_x);
    uint r = id % p.tile;
    uint k = id / p.tile % p.k;
    uint row = id / (p.tile * p.k) * p.tile + r;
    if (row - r >= p.rows) return;
    y[p.y_offset + id] = row < p.rows ? x[AT2(x, uvec2(row, k))] : 0.0;
}
