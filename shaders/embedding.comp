// SPDX-License-Identifier: MIT
// y[n, j] = weight[ids[n], j]; an id outside the table gives zeros. Of a table bound in parts, this part has `rows` rows from first_row on; other
// ids are left to its other parts.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#extension GL_EXT_control_flow_attributes : require
#include "packed.glsl"

layout(constant_id = 4) const uint PACKED = 0;

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(ids)
    VIEW0(weight)
    VIEW0(y)
    uint count, rows, dim, stored;
    uint first_row, partial;
} p;
layout(binding = 1) readonly buffer Ids { uint ids[]; };
layout(binding = 2) readonly buffer Weight { uint weight[]; };
layout(binding = 3) writeonly buffer Y { float y[]; };

#define WEIGHT(row, i) weight[p.weight_offset + (row) + 8 * (i)]
#define SCALE weight_scale
#define QUARTET weight_quartet
#define VALUES weight_values
#include "packed_values.glsl"

// Element k of a row of a packed table.
float packed_value(uint row, uint k) {
    uint at = packed_row(row, packed_row_words(p.dim));
    float v[8];
    weight_values(at, k & ~7u, weight_scale(at, k), v);
    return v[k % 8];
}

void main() {
    uint i = linear_id(p.grid_x);
    if (i >= p.count * p.dim) return;
    uint id = ids[p.ids_offset + i / p.dim] - p.first_row;  // below it: wraps to a large number
    if (id >= p.rows && p.partial != 0) return;
    float value = 0.0;
    if (id < p.rows) {
        uint e = id * p.dim + i % p.dim;
        value = PACKED != 0 ? packed_value(id, i % p.dim) : stored_value(WEIGHT(stored_word(e), 0), e);
    }
    y[p.y_offset + i] = value;
}
