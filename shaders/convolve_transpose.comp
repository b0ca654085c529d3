// SPDX-License-Identifier: MIT
// y[b, o, i, j] = sum over c, u, v of x[b, c, (i + pad - u dilation) / stride, (j + pad - v dilation) / stride] W[c, o, u, v], where
// both divisions are exact and inside x
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "block.glsl"
#include "packed.glsl"
#define TRANSPOSED
#include "convolve_op.glsl"

void main() {
    uint id = linear_id(p.grid_x);
    uvec4 place = unravel(id, p.out_size, p.out_height, p.out_width);
    if (place.x >= p.batch) return;
    uint in_group = p.channels / p.groups, out_group = p.out_size / p.groups;
    uint first = place.y / out_group * in_group;
    uint taps = p.kernel_h * p.kernel_w;
    float sum = 0.0;
    for (uint c = 0; c < in_group; c++) {
        uint e = (LAYOUT == 0 ? (first + c) * out_group + place.y % out_group : place.y * in_group + c) * taps;
        for (uint u = 0; u < p.kernel_h; u++) {
            uint down = place.z + p.pad_h - u * p.dilation_h;  // wraps to a large number above the image
            uint row = down / p.stride_h;
            for (uint v = 0; v < p.kernel_w; v++, e++) {
                uint right = place.w + p.pad_w - v * p.dilation_w;
                uint column = right / p.stride_w;
                if (row < p.height && column < p.width && row * p.stride_h == down && column * p.stride_w == right)
                    sum += x.at[AT4(x, uvec4(place.x, first + c, row, column))] * stored_value(weight.at[p.weight_offset + stored_word(e)], e);
            }
        }
    }
    finish(place, sum);
}
