// SPDX-License-Identifier: MIT
// y[c] = x[c with c[axis] replaced by ids[c]], or 0 where there is no such place; elements of any type, as 32-bit words.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW4(ids)
    VIEW0(y)
    uint count, d1, d2, d3, axis, places;
} p;
layout(binding = 1) readonly buffer X { uint x[]; };
layout(binding = 2) readonly buffer Ids { uint ids[]; };
layout(binding = 3) writeonly buffer Y { uint y[]; };

void main() {
    uint i = linear_id(p.grid_x);
    if (i >= p.count) return;
    uvec4 c = unravel(i, p.d1, p.d2, p.d3);
    uint place = ids[AT4(ids, c)];
    c[p.axis] = place;
    uint value = 0;
    if (place < p.places) value = x[AT4(x, c)];
    y[p.y_offset + i] = value;
}
