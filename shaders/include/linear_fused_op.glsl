// SPDX-License-Identifier: MIT
// The op `linear_fused`: its block, its buffers, and what is done with a finished sum.
#include "activation.glsl"

layout(constant_id = 4) const uint ACT = 0;

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW2(x)
    VIEW2(residual)
    VIEW0(weight)
    VIEW0(bias)
    VIEW2(y)
    NORM_VIEW
    uint rows, k, out_size;
    uint layout_word, stored, has_bias, has_residual, act;
} p;
TENSOR(1, readonly, X, X_TYPE, x)
TENSOR(2, readonly, Residual, float, residual)
WEIGHTS(3, Weight, weight)
TENSOR(4, readonly, Bias, float, bias)
TENSOR(5, writeonly, Y, float, y)
NORM_TENSOR(6)

void finish(uint row, uint o, float sum) {
    if (p.has_bias != 0) sum += bias.at[p.bias_offset + o];
    sum = activate(ACT, sum);
    if (p.has_residual != 0) sum += residual.at[AT2(residual, uvec2(row, o))];
    y.at[AT2(y, uvec2(row, o))] = sum;
}
