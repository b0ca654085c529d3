// SPDX-License-Identifier: MIT
// y[r, c] = act(sum over s of parts[s, r, c] + bias[c]) + residual[r, c]; one element per invocation, added in the order of s.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "activation.glsl"

layout(constant_id = 3) const uint ACT = 0;

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(parts)
    VIEW2(residual)
    VIEW0(bias)
    VIEW2(y)
    uint shares, rows, columns, has_residual, has_bias, act;
} p;
TENSOR(1, readonly, Parts, float, parts)
TENSOR(2, readonly, Residual, float, residual)
TENSOR(3, readonly, Bias, float, bias)
TENSOR(4, writeonly, Y, float, y)

void main() {
    uint id = linear_id(p.grid_x), count = p.rows * p.columns;
    if (id >= count) return;
    uvec2 at = uvec2(id / p.columns, id % p.columns);
    float sum = 0.0;
    for (uint s = 0; s < p.shares; s++) sum += parts.at[p.parts_offset + s * count + id];
    if (p.has_bias != 0) sum += bias.at[p.bias_offset + at.y];
    sum = activate(ACT, sum);
    if (p.has_residual != 0) sum += residual.at[AT2(residual, at)];
    y.at[AT2(y, at)] = sum;
}
