// SPDX-License-Identifier: MIT
// The ops `convolve` and `convolve_transpose`: their block, their buffers, and what is done with a finished sum.
// Spec constants: 3 STORED, 4 ACT, 5 LAYOUT where TRANSPOSED is defined, else PACKED, then the kernel's.
#include "activation.glsl"

layout(constant_id = 4) const uint ACT = 0;
#ifdef TRANSPOSED
layout(constant_id = 5) const uint LAYOUT = 0;  // 0: weight [in, out / groups, ...], 1: [out, in / groups, ...]
#else
layout(constant_id = 5) const uint PACKED = 0;
#endif
#ifndef WEIGHTS
#define WEIGHTS(binding_number, Block, t) TENSOR(binding_number, readonly, Block, uint, t)
#endif
#ifndef IMAGE
#define IMAGE(binding_number, Block, t) TENSOR(binding_number, readonly, Block, float, t)
#endif

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW4(residual)
    VIEW0(scale)
    VIEW0(weight)
    VIEW0(bias)
    VIEW4(y)
    uint batch, channels, height, width;
    uint out_size, out_height, out_width;
    uint kernel_h, kernel_w;
    uint stride_h, stride_w;
    uint pad_h, pad_w;
    uint dilation_h, dilation_w;
#ifdef TRANSPOSED
    uint groups, layout_word;
#else
    uint up, groups;
#endif
    uint stored, act;
    float slope;
    uint has_residual, has_scale, has_bias;
#ifndef TRANSPOSED
    uint row_elements, first_element;
    uint first_tile;
#endif
} p;
IMAGE(1, X, x)
TENSOR(2, readonly, Residual, float, residual)
TENSOR(3, readonly, Scale, float, scale)
WEIGHTS(4, Weight, weight)
TENSOR(5, readonly, Bias, float, bias)
TENSOR(6, writeonly, Y, float, y)

// What an output channel's sums are multiplied by, and what is added to them.
struct Channel { float scale, bias; };
Channel channel_of(uint o) {
    return Channel(p.has_scale != 0 ? scale.at[p.scale_offset + o] : 1.0, p.has_bias != 0 ? bias.at[p.bias_offset + o] : 0.0);
}

// place: (batch, output channel, row, column)
void finish(uvec4 place, float sum, Channel channel) {
    sum = activate_sloped(ACT, sum * channel.scale + channel.bias, p.slope);
    if (p.has_residual != 0) sum += residual.at[AT4(residual, place)];
    y.at[AT4(y, place)] = sum;
}
void finish(uvec4 place, float sum) { finish(place, sum, channel_of(place.y)); }
