// SPDX-License-Identifier: MIT
// y[i] = x[size - 1 - i] along the turned axes; elements of any type, as 32-bit words. A workgroup per row of y.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW4(y)
    uint rows, d1, d2, d3;
    uint turned;
} p;
layout(binding = 1) readonly buffer X { uint x[]; };
layout(binding = 2) writeonly buffer Y { uint y[]; };

void main() {
    uint row = group_id(p.grid_x);
    if (row >= p.rows) return;
    uvec4 c = unravel(row, p.d1, p.d2, 1);
    uint to = AT4(y, c);
    uvec4 last = uvec4(p.rows / (p.d1 * p.d2), p.d1, p.d2, p.d3) - 1;
    if ((p.turned & 8) != 0) c.x = last.x - c.x;
    if ((p.turned & 4) != 0) c.y = last.y - c.y;
    if ((p.turned & 2) != 0) c.z = last.z - c.z;
    uint from = AT4(x, c);
    bool back = (p.turned & 1) != 0;
    for (uint j = gl_LocalInvocationID.x; j < p.d3; j += gl_WorkGroupSize.x) {
        uint source = back ? last.w - j : j;
        y[to + j * p.y_s3] = x[from + source * p.x_s3];
    }
}
