// SPDX-License-Identifier: MIT
// y[b, o, i, j] = sum over c, u, v of x[b, c, i stride - pad + u dilation, j stride - pad + v dilation] W[o, c, u, v]; zeros outside x
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "block.glsl"
#include "packed.glsl"
#include "convolve_op.glsl"
#include "convolve_weights.glsl"

void main() {
    uint id = linear_id(p.grid_x);
    uvec4 place = unravel(id, p.out_size, p.out_height, p.out_width);
    if (place.x >= p.batch) return;
    uint in_group = p.channels / p.groups;
    uint first = place.y / (p.out_size / p.groups) * in_group;
    Weights w = weights_of(place.y, in_group * p.kernel_h * p.kernel_w);
    uint e = 0;
    float sum = 0.0;
    for (uint c = 0; c < in_group; c++) {
        for (uint u = 0; u < p.kernel_h; u++) {
            uint row = place.z * p.stride_h + u * p.dilation_h - p.pad_h;  // wraps to a large number above the image
            for (uint v = 0; v < p.kernel_w; v++, e++) {
                uint column = place.w * p.stride_w + v * p.dilation_w - p.pad_w;
                if (row < p.height * p.up && column < p.width * p.up)
                    sum += x.at[AT4(x, uvec4(place.x, first + c, row / p.up, column / p.up))] * weight_at(w, e);
            }
        }
    }
    finish(place, sum);
}
