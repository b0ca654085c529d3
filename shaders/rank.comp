// SPDX-License-Identifier: MIT
// The elements of each row that come first, in order, and their places; a row: [o, :, i]. x: [outer, places, inner]; values, indices:
// [outer, kept, inner]. An invocation counts the elements of its row that come before its own, equal ones by their place, and so knows
// where it goes.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "order.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(x)
    VIEW0(values)
    VIEW0(indices)
    uint outer, places, inner, kept, descending;
} p;
layout(binding = 1) readonly buffer X { uint x[]; };
layout(binding = 2) writeonly buffer Values { uint values[]; };
layout(binding = 3) writeonly buffer Indices { uint indices[]; };

void main() {
    uint at = linear_id(p.grid_x);
    if (at >= p.outer * p.places * p.inner) return;
    uint i = at % p.inner;
    uint place = at / p.inner % p.places;
    uint o = at / p.inner / p.places;
    uint own = float_key(x[p.x_offset + at]);
    uint row = p.x_offset + o * p.places * p.inner + i;
    uint rank = 0;
    for (uint j = 0; j < p.places; j++) {
        uint other = float_key(x[row + j * p.inner]);
        bool before = p.descending != 0 ? other > own : other < own;
        rank += before || (other == own && j < place) ? 1 : 0;
    }
    if (rank >= p.kept) return;
    uint to = (o * p.kept + rank) * p.inner + i;
    values[p.values_offset + to] = x[p.x_offset + at];
    indices[p.indices_offset + to] = place;
}
