// SPDX-License-Identifier: MIT
// y = act((x - mean) / sqrt(var + eps) * weight[c] + bias[c]), mean and var over a run: `channels` channels of `places` values, which lie
// one after another. A workgroup per run.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "group_sum.glsl"
#include "activation.glsl"

layout(constant_id = 3) const uint ACT = 0;

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(x)
    VIEW0(weight)
    VIEW0(bias)
    VIEW0(y)
    uint runs, groups, channels, places;
    float eps;
    uint has_weight;
    uint act;
    float slope;
} p;
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) readonly buffer Weight { float weight[]; };
layout(binding = 3) readonly buffer Bias { float bias[]; };
layout(binding = 4) writeonly buffer Y { float y[]; };

#include "moments.glsl"

void main() {
    uint run = group_id(p.grid_x);
    if (run >= p.runs) return;
    uint size = p.channels * p.places;
    uint from = p.x_offset + run * size;
    uint to = p.y_offset + run * size;
    float shift = x[from];
    Moments all = group_join(own_moments(from, size, shift));
    float factor = inversesqrt(all.squares / all.count + p.eps);
    for (uint c = 0; c < p.channels; c++) {
        uint channel = run % p.groups * p.channels + c;
        float scale = factor;
        float bias_here = 0.0;
        if (p.has_weight != 0) {
            scale *= weight[p.weight_offset + channel];
            bias_here = bias[p.bias_offset + channel];
        }
        for (uint i = gl_LocalInvocationID.x; i < p.places; i += gl_WorkGroupSize.x) {
            float value = (x[from + c * p.places + i] - shift) - all.mean;
            y[to + c * p.places + i] = activate_sloped(ACT, value * scale + bias_here, p.slope);
        }
    }
}
