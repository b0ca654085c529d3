// SPDX-License-Identifier: MIT
// The op `linear`: its block, its buffers, and what is done with a finished sum.

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW2(x)
    VIEW0(weight)
    VIEW0(bias)
    VIEW2(y)
    NORM_VIEW
    uint rows, k, out_size;
    uint layout_word, stored, has_bias;
} p;
TENSOR(1, readonly, X, X_TYPE, x)
WEIGHTS(2, Weight, weight)
TENSOR(3, readonly, Bias, float, bias)
TENSOR(4, writeonly, Y, float, y)
NORM_TENSOR(5)

void finish(uint row, uint o, float sum) {
    if (p.has_bias != 0) sum += bias.at[p.bias_offset + o];
    y.at[AT2(y, uvec2(row, o))] = sum;
}
