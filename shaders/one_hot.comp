// SPDX-License-Identifier: MIT
// y[n, c] = ids[n] == c ? 1 : 0
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(ids)
    VIEW0(y)
    uint count, classes;
} p;
layout(binding = 1) readonly buffer Ids { uint ids[]; };
layout(binding = 2) writeonly buffer Y { float y[]; };

void main() {
    uint i = linear_id(p.grid_x);
    if (i >= p.count * p.classes) return;
    y[p.y_offset + i] = ids[p.ids_offset + i / p.classes] == i % p.classes ? 1.0 : 0.0;
}
