// SPDX-License-Identifier: MIT
// y[i] = sum over t from 1 to `turns` and e < 16 of x[16 t mod K/2 + e + lane]: lane is 0, so that the words are the same for all invocations,
// or by_lane i mod 64, so that neighbours read neighbouring words.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "block.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(x)
    VIEW0(y)
    uint n, half_size, turns, by_lane;
} p;
TENSOR(1, readonly, X, float, x)
TENSOR(2, writeonly, Y, float, y)

#define TURNS(lane) \
    for (uint turn = 0; turn < p.turns; turn++) { \
        from = from + 16 < p.half_size ? from + 16 : 0; \
        float part = 0.0; \
        [[unroll]] for (uint e = 0; e < 16; e++) part += x.at[p.x_offset + from + e + (lane)]; \
        sum += part; \
    }

void main() {
    uint i = linear_id(p.grid_x);
    float sum = 0.0;
    uint from = 0;
    // Both ways are here, for one compilation.
    if (p.by_lane != 0) {
        TURNS(gl_LocalInvocationID.x)
    } else {
        TURNS(0)
    }
    if (i < p.n) y.at[p.y_offset + i] = sum;
}
