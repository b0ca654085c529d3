// SPDX-License-Identifier: MIT
// y[i] = sum over j < 32 of a_j after `turns` of a = a * (1 - 2^-7) + 2^-7, begun at a_j = x[i] + j / 64. All approach 1.
#version 450
#extension GL_GOOGLE_include_directive : require
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
    vec4 a[8];
    for (uint j = 0; j < 8; ++j) a[j] = x[p.x_offset + i] + vec4(4u * j, 4u * j + 1, 4u * j + 2, 4u * j + 3) / 64.0;
    for (uint turn = 0; turn < p.turns; ++turn)
        for (uint j = 0; j < 8; ++j) a[j] = a[j] * keep + gain;
    vec4 sum = vec4(0);
    for (uint j = 0; j < 8; ++j) sum += a[j];
    y[p.y_offset + i] = sum.x + sum.y + sum.z + sum.w;
}
