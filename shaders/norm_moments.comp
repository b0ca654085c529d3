// SPDX-License-Identifier: MIT
// y[run, part] = (mean - x[run, 0], sum of (x - mean)^2) over x[run, i], i in [part step, (part + 1) step). A workgroup per part.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "group_sum.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(x)
    VIEW0(y)
    uint runs, size, step, parts;
} p;
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) writeonly buffer Y { float y[]; };

#include "moments.glsl"

void main() {
    uint id = group_id(p.grid_x);
    if (id >= p.runs * p.parts) return;
    uint from = p.x_offset + id / p.parts * p.size;
    uint begin = id % p.parts * p.step;
    Moments all = group_join(own_moments(from + begin, min(p.step, p.size - begin), x[from]));
    if (gl_LocalInvocationID.x == 0) {
        y[p.y_offset + 2 * id] = all.mean;
        y[p.y_offset + 2 * id + 1] = all.squares;
    }
}
