// SPDX-License-Identifier: MIT
// y[run, part] = (mean - x[run, 0], sum of (x - mean)^2) over x[run, i], i in [part step, (part + 1) step). A workgroup per part.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "eights.glsl"
#include "group_sum.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(x)
    VIEW0(y)
    uint runs, size, step, parts;
} p;
TENSOR(1, readonly, X, float, x)
TENSOR(2, writeonly, Y, float, y)

#include "moments.glsl"

void main() {
    uint id = min(group_id(p.grid_x), p.runs * p.parts - 1);  // beyond the last: it again, with the same results
    uint from = p.x_offset + id / p.parts * p.size;
    uint begin = id % p.parts * p.step;
    Moments all = group_join(own_moments(from + begin, min(p.step, p.size - begin), x.at[from]));
    if (gl_LocalInvocationID.x == 0) {
        y.at[p.y_offset + 2 * id] = all.mean;
        y.at[p.y_offset + 2 * id + 1] = all.squares;
    }
}
