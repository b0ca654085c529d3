// SPDX-License-Identifier: MIT
// The op `rms_norm`: y[r, k] = act(x[r, k] / sqrt(mean over k of x^2 + eps) * (weight[k] + offset)).
#include "activation.glsl"
#include "eights.glsl"

layout(constant_id = 3) const uint ACT = 0;
layout(constant_id = 4) const uint X_ALONG = 0;
layout(constant_id = 5) const uint WEIGHTED = 1;

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW0(weight)
    VIEW4(y)
    uint rows, k, d1, d2;
    float eps, offset;
    uint has_weight;
    uint act;
    float slope;
} p;
TENSOR(1, readonly, X, float, x)
TENSOR(2, readonly, Weight, float, weight)
TENSOR(3, writeonly, Y, float, y)

const bool CENTRED = false;

// What becomes of a value by its row's factor; READ(t) is tensor t's element k.
#define NORMED(value, READ) activate_sloped(ACT, WEIGHTED != 0 ? (value) * (READ(weight) + p.offset) : (value), p.slope)
