// SPDX-License-Identifier: MIT
// y[o, j, i] = x[o, ids[j], i], a negative id counted from the end, or 0 where there is no such place. x: [outer, places, inner];
// y: [outer, ids_count, inner]; elements of any type, as 32-bit words.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(x)
    VIEW0(ids)
    VIEW0(y)
    uint outer, places, inner, ids_count;
} p;
layout(binding = 1) readonly buffer X { uint x[]; };
layout(binding = 2) readonly buffer Ids { uint ids[]; };
layout(binding = 3) writeonly buffer Y { uint y[]; };

void main() {
    uint at = linear_id(p.grid_x);
    if (at >= p.outer * p.ids_count * p.inner) return;
    uint i = at % p.inner;
    uint o = at / p.inner / p.ids_count;
    uint place = ids[p.ids_offset + at / p.inner % p.ids_count];
    if (int(place) < 0) place += p.places;
    uint value = 0;
    if (place < p.places) value = x[p.x_offset + (o * p.places + place) * p.inner + i];
    y[p.y_offset + at] = value;
}
