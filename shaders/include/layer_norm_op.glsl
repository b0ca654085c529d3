// SPDX-License-Identifier: MIT
// The op `layer_norm`: y[r, k] = act((x[r, k] - mean) / sqrt(var + eps) * weight[k] + bias[k]).
#include "activation.glsl"
#include "eights.glsl"

layout(constant_id = 3) const uint ACT = 0;
layout(constant_id = 4) const uint X_ALONG = 0;

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW0(weight)
    VIEW0(bias)
    VIEW4(y)
    uint rows, k, d1, d2;
    float eps;
    uint act;
    float slope;
} p;
TENSOR(1, readonly, X, float, x)
TENSOR(2, readonly, Weight, float, weight)
TENSOR(3, readonly, Bias, float, bias)
TENSOR(4, writeonly, Y, float, y)

const bool CENTRED = true;

// What becomes of a value by its row's mean and factor; READ(t) is tensor t's element k.
#define NORMED(value, READ) activate_sloped(ACT, (value) * READ(weight) + READ(bias), p.slope)
