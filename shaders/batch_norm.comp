// SPDX-License-Identifier: MIT
// y[b, c, i] = act((x[b, c, i] - running_mean[c]) / sqrt(running_var[c] + eps) * weight[c] + bias[c])
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "batch_norm_op.glsl"

void main() {
    uint i = linear_id(p.grid_x);
    if (i < p.count) normalise(i, channel(i / p.places % p.channels));
}
