// SPDX-License-Identifier: MIT
// y[b, c, i] = x > 0 ? x : weight[c] x, x = x[b, c, i]
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(x)
    VIEW0(weight)
    VIEW0(y)
    uint count, channels, inner;
} p;
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) readonly buffer Weight { float weight[]; };
layout(binding = 3) writeonly buffer Y { float y[]; };

void main() {
    uint i = linear_id(p.grid_x);
    if (i >= p.count) return;
    float value = x[p.x_offset + i];
    float slope = weight[p.weight_offset + i / p.inner % p.channels];
    y[p.y_offset + i] = value > 0.0 ? value : slope * value;
}
