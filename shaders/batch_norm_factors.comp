// SPDX-License-Identifier: MIT
// (x + before - mean) / sqrt(var + eps) * weight + bias as scale * x + shift, per channel
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(before)
    VIEW0(weight)
    VIEW0(bias)
    VIEW0(running_mean)
    VIEW0(running_var)
    VIEW0(scale)
    VIEW0(shift)
    uint channels;
    float eps;
    uint has_before;
} p;
layout(binding = 1) readonly buffer Before { float before[]; };
layout(binding = 2) readonly buffer Weight { float weight[]; };
layout(binding = 3) readonly buffer Bias { float bias[]; };
layout(binding = 4) readonly buffer RunningMean { float running_mean[]; };
layout(binding = 5) readonly buffer RunningVar { float running_var[]; };
layout(binding = 6) writeonly buffer Scale { float scale[]; };
layout(binding = 7) writeonly buffer Shift { float shift[]; };

void main() {
    uint c = linear_id(p.grid_x);
    if (c >= p.channels) return;
    float factor = weight[p.weight_offset + c] / sqrt(running_var[p.running_var_offset + c] + p.eps);
    float offset = p.has_before != 0 ? before[p.before_offset + c] : 0.0;
    scale[p.scale_offset + c] = factor;
    shift[p.shift_offset + c] = (offset - running_mean[p.running_mean_offset + c]) * factor + bias[p.bias_offset + c];
}
