// SPDX-License-Identifier: MIT
// y[i] = start + i
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(y)
    uint n, start;
} p;
layout(binding = 1) writeonly buffer Y { uint y[]; };

void main() {
    uint i = linear_id(p.grid_x);
    if (i < p.n) y[p.y_offset + i] = p.start + i;
}
