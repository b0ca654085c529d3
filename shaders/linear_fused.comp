// SPDX-License-Identifier: MIT
// y[r, o] = act(sum over k of x[r, k] W[o, k] + bias[o]) + residual[r, o]
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "activation.glsl"
#include "linear.glsl"

layout(constant_id = 5) const uint ACT = 0;

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW2(x)
    VIEW2(residual)
    VIEW0(weight)
    VIEW0(bias)
    VIEW2(y)
    uint rows, k, out_size;
    uint layout_word, stored, has_bias, has_residual, act;
} p;
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) readonly buffer Residual { float residual[]; };
layout(binding = 3) readonly buffer Weight { uint weight[]; };
layout(binding = 4) readonly buffer Bias { float bias[]; };
layout(binding = 5) writeonly buffer Y { float y[]; };

void main() {
    uint id = linear_id(p.grid_x);
    uint row = id / p.out_size;
    uint o = id % p.out_size;
    if (row >= p.rows) return;
    float sum = 0.0;
    LINEAR_DOT(sum, weight, row, o, p.k, p.out_size)
    if (p.has_bias != 0) sum += bias[p.bias_offset + o];
    sum = activate(ACT, sum);
    if (p.has_residual != 0) sum += residual[AT2(residual, uvec2(row, o))];
    y[AT2(y, uvec2(row, o))] = sum;
}
