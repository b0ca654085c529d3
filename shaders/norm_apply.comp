// SPDX-License-Identifier: MIT
// y = act((x - mean) / sqrt(var + eps) * weight[c] + bias[c]), mean and var of c's group joined from those of its parts (see
// norm_moments.comp). A workgroup per stretch of a plane (b, c).
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
    VIEW0(moments)
    VIEW0(weight)
    VIEW0(bias)
    VIEW0(y)
    uint planes, channels, places, stretch;
    uint groups, all_groups, first_group;
    uint step, parts;
    float eps;
    uint has_weight;
    uint act;
    float slope;
} p;
TENSOR(1, readonly, X, float, x)
TENSOR(2, readonly, PartMoments, float, moments)
TENSOR(3, readonly, Weight, float, weight)
TENSOR(4, readonly, Bias, float, bias)
TENSOR(5, writeonly, Y, float, y)

#include "moments.glsl"
#include "apply_moments.glsl"

void main() {
    uint stretches = (p.places + p.stretch - 1) / p.stretch;
    uint id = min(group_id(p.grid_x), p.planes * stretches - 1);  // beyond the last: it again, with the same results
    uint plane = id / stretches;
    uint c = plane % p.channels;
    uint in_group = p.channels / p.groups;
    uint size = in_group * p.places;

    uint at = p.moments_offset + (plane / p.channels * p.all_groups + p.first_group + c / in_group) * p.parts * 2;
    Moments own = Moments(0.0, 0.0, 0.0);
    for (uint i = gl_LocalInvocationID.x; i < p.parts; i += gl_WorkGroupSize.x)
        own = join(own, Moments(float(min(p.step, size - i * p.step)), moments.at[at + 2 * i], moments.at[at + 2 * i + 1]));
    Moments all = group_join(own);

    float shift = x.at[p.x_offset + (plane - c % in_group) * p.places];
    float scale = inversesqrt(all.squares / all.count + p.eps);
    float bias_here = 0.0;
    if (p.has_weight != 0) {
        scale *= weight.at[p.weight_offset + c];
        bias_here = bias.at[p.bias_offset + c];
    }
    uint begin = id % stretches * p.stretch;
    uint first = plane * p.places + begin;
    apply_moments(p.x_offset + first, p.y_offset + first, min(p.stretch, p.places - begin), shift, all.mean, scale, bias_here);
}
