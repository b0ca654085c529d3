// SPDX-License-Identifier: MIT
// y[i] = sum over j < 12 of a_j after `turns` of a = a * (1 - 2^-7) + 2^-7, begun at a_j = x[i] + j / 64. All approach 1. Twelve chains hide the
// latency of each and fit a processor's registers.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "block.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(x)
    VIEW0(y)
    uint n, turns;
} p;
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) writeonly buffer Y { float y[]; };

const float keep = 1.0 - 1.0 / 128.0, gain = 1.0 / 128.0;

void main() {
    uint i = linear_id(p.grid_x);
    if (i >= p.n) return;
    float a[12];
    [[unroll]] for (uint j = 0; j < 12; ++j) a[j] = x[p.x_offset + i] + float(j) / 64.0;
    for (uint turn = 0; turn < p.turns; turn += 8)
        [[unroll]] for (uint t = 0; t < 8; ++t)
            [[unroll]] for (uint j = 0; j < 12; ++j) a[j] = a[j] * keep + gain;
    float sum = 0.0;
    [[unroll]] for (uint j = 0; j < 12; ++j) sum += a[j];
    y[p.y_offset + i] = sum;
}
