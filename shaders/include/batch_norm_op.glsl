// SPDX-License-Identifier: MIT
// The op `batch_norm`: its block, its buffers, and what becomes of one value of a channel.
#include "activation.glsl"

layout(constant_id = 3) const uint ACT = 0;

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
    uint act;
    float slope;
} p;
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) readonly buffer Weight { float weight[]; };
layout(binding = 3) readonly buffer Bias { float bias[]; };
layout(binding = 4) readonly buffer RunningMean { float running_mean[]; };
layout(binding = 5) readonly buffer RunningVar { float running_var[]; };
layout(binding = 6) writeonly buffer Y { float y[]; };

/// (value - mean) * scale + shift
struct Channel {
    float mean, scale, shift;
};

Channel channel(uint c) {
    float factor = inversesqrt(running_var[p.running_var_offset + c] + p.eps);
    return Channel(running_mean[p.running_mean_offset + c], factor * weight[p.weight_offset + c], bias[p.bias_offset + c]);
}

void normalise(uint i, Channel of) {
    float value = (x[p.x_offset + i] - of.mean) * of.scale + of.shift;
    y[p.y_offset + i] = activate_sloped(ACT, value, p.slope);
}
