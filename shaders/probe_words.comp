// SPDX-License-Identifier: MIT
// y[i] = sum over t from 1 to `turns` and e < 32 of x[32 t mod K/2 + e + lane]: lane is 0, so that the words are the same for all invocations,
// or BY_LANE i mod 64, so that neighbours read neighbouring words.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "block.glsl"

layout(constant_id = 3) const uint BY_LANE = 0;

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(x)
    VIEW0(y)
    uint n, half_size, turns, by_lane;
} p;
TENSOR(1, readonly, X, float, x)
TENSOR(2, writeonly, Y, float, y)

void main() {
    uint i = linear_id(p.grid_x);
    uint lane = BY_LANE != 0 ? gl_LocalInvocationID.x : 0;
    float sum = 0.0;
    uint from = 0;
    for (uint turn = 0; turn < p.turns; turn++) {
        from = from + 32 < p.half_size ? from + 32 : 0;
        float part = 0.0;
        [[unroll]] for (uint e = 0; e < 32; e++) part += x.at[p.x_offset + from + e + lane];
        sum += part;
    }
    if (i < p.n) y.at[p.y_offset + i] = sum;
}
