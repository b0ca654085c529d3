// SPDX-License-Identifier: MIT
// y[b, c, i] = (x[b, c, i] - running_mean[c]) / sqrt(running_var[c] + eps) * weight[c] + bias[c]
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(x)
    VIEW0(weight)
    VIEW0(bias)
    VIEW0(running_mean)
    VIEW0(running_var)
    VIEW0(y)
    uint count, channels, places;
    float eps;
} p;
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) readonly buffer Weight { float weight[]; };
layout(binding = 3) readonly buffer Bias { float bias[]; };
layout(binding = 4) readonly buffer RunningMean { float running_mean[]; };
layout(binding = 5) readonly buffer RunningVar { float running_var[]; };
layout(binding = 6) writeonly buffer Y { float y[]; };

void main() {
    uint i = linear_id(p.grid_x);
    if (i >= p.count) return;
    uint c = i / p.places % p.channels;
    float factor = inversesqrt(running_var[p.running_var_offset + c] + p.eps);
    float value = (x[p.x_offset + i] - running_mean[p.running_mean_offset + c]) * factor;
    y[p.y_offset + i] = value * weight[p.weight_offset + c] + bias[p.bias_offset + c];
}
