// SPDX-License-Identifier: MIT
// y = act((x - mean) / sqrt(var + eps) * weight[c] + bias[c]), mean and var of c's group joined from those of its parts (see
// norm_moments.comp). A workgroup per stretch of a plane (b, c).
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
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
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) readonly buffer PartMoments { float moments[]; };
layout(binding = 3) readonly buffer Weight { float weight[]; };
layout(binding = 4) readonly buffer Bias { float bias[]; };
layout(binding = 5) writeonly buffer Y { float y[]; };

#include "moments.glsl"

void main() {
    uint id = group_id(p.grid_x);
    uint stretches = (p.places + p.stretch - 1) / p.stretch;
    if (id >= p.planes * stretches) return;
    uint plane = id / stretches;
    uint c = plane % p.channels;
    uint in_group = p.channels / p.groups;
    uint size = in_group * p.places;

    uint at = p.moments_offset + (plane / p.channels * p.all_groups + p.first_group + c / in_group) * p.parts * 2;
    Moments own = Moments(0.0, 0.0, 0.0);
    for (uint i = gl_LocalInvocationID.x; i < p.parts; i += gl_WorkGroupSize.x)
        own = join(own, Moments(float(min(p.step, size - i * p.step)), moments[at + 2 * i], moments[at + 2 * i + 1]));
    Moments all = group_join(own);

    float shift = x[p.x_offset + (plane - c % in_group) * p.places];
    float scale = inversesqrt(all.squares / all.count + p.eps);
    float bias_here = 0.0;
    if (p.has_weight != 0) {
        scale *= weight[p.weight_offset + c];
        bias_here = bias[p.bias_offset + c];
    }
    uint begin = id % stretches * p.stretch;
    uint end = min(begin + p.stretch, p.places);
    for (uint i = begin + gl_LocalInvocationID.x; i < end; i += gl_WorkGroupSize.x) {
        float value = (x[p.x_offset + plane * p.places + i] - shift) - all.mean;
        y[p.y_offset + plane * p.places + i] = activate_sloped(ACT, value * scale + bias_here, p.slope);
    }
}
