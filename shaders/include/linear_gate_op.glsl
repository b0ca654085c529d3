// SPDX-License-Identifier: MIT
// The op `linear_gate`: its block, its buffers, and what is done with two finished sums.
#include "activation.glsl"

layout(constant_id = 4) const uint ACT = 0;

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW2(x)
    VIEW0(gate)
    VIEW0(up)
    VIEW0(gate_bias)
    VIEW0(up_bias)
    VIEW2(y)
    NORM_VIEW
    uint rows, k, out_size;
    uint layout_word, stored, has_bias, act;
} p;
TENSOR(1, readonly, X, X_TYPE, x)
WEIGHTS(2, Gate, gate)
WEIGHTS(3, Up, up)
TENSOR(4, readonly, GateBias, float, gate_bias)
TENSOR(5, readonly, UpBias, float, up_bias)
TENSOR(6, writeonly, Y, float, y)
NORM_TENSOR(7)

void finish(uint row, uint o, float gate_sum, float up_sum) {
    if (p.has_bias != 0) {
        gate_sum += gate_bias.at[p.gate_bias_offset + o];
        up_sum += up_bias.at[p.up_bias_offset + o];
    }
    y.at[AT2(y, uvec2(row, o))] = activate(ACT, gate_sum) * up_sum;
}
