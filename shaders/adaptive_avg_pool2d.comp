// SPDX-License-Identifier: MIT
// y[n, i, j] = mean of x[n, a, b], a in [floor(i h / out_h), ceil((i + 1) h / out_h)), b likewise; n = (b, c). A workgroup per window.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "group_sum.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(x)
    VIEW0(y)
    uint planes, h, w, out_h, out_w;
} p;
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) writeonly buffer Y { float y[]; };

uvec2 window(uint place, uint size, uint out_size) {
    return uvec2(place * size / out_size, ((place + 1) * size + out_size - 1) / out_size);
}

void main() {
    uint id = group_id(p.grid_x);
    if (id >= p.planes * p.out_h * p.out_w) return;
    uvec2 along = window(id % p.out_w, p.w, p.out_w);
    uvec2 down = window(id / p.out_w % p.out_h, p.h, p.out_h);
    uint plane = p.x_offset + id / (p.out_w * p.out_h) * p.h * p.w;
    uint width = along.y - along.x;
    uint count = width * (down.y - down.x);
    float sum = 0.0;
    for (uint i = gl_LocalInvocationID.x; i < count; i += gl_WorkGroupSize.x)
        sum += x[plane + (down.x + i / width) * p.w + along.x + i % width];
    sum = group_sum(sum);
    if (gl_LocalInvocationID.x == 0) y[p.y_offset + id] = sum / float(count);
}
