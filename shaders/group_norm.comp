// SPDX-License-Identifier: MIT
// y = act((x - mean) / sqrt(var + eps) * weight[c] + bias[c]), mean and var over a run: `channels` channels of `places` values, which lie
// one after another. A workgroup per run.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "eights.glsl"
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
TENSOR(1, readonly, X, float, x)
TENSOR(2, readonly, Weight, float, weight)
TENSOR(3, readonly, Bias, float, bias)
TENSOR(4, writeonly, Y, float, y)

#include "moments.glsl"
#include "apply_moments.glsl"

void main() {
    uint run = min(group_id(p.grid_x), p.runs - 1);  // beyond the last: it again, with the same results
    uint size = p.channels * p.places;
    uint from = p.x_offset + run * size;
    uint to = p.y_offset + run * size;
    float shift = x.at[from];
    Moments all = group_join(own_moments(from, size, shift));
    float factor = inversesqrt(all.squares / all.count + p.eps);
    for (uint c = 0; c < p.channels; c++) {
        uint channel = run % p.groups * p.channels + min(c, p.channels - 1);
        float scale = factor;
        float bias_here = 0.0;
        if (p.has_weight != 0) {
            scale *= weight.at[p.weight_offset + channel];
            bias_here = bias.at[p.bias_offset + channel];
        }
        apply_moments(from + min(c, p.channels - 1) * p.places, to + c * p.places, p.places, shift, all.mean, scale, bias_here);
    }
}
