// SPDX-License-Identifier: MIT
// y[b, c, (p rows + i) columns + j] = x[b, c, (i stride + p / phases_w - pad) / up, (j stride + p % phases_w - pad) / up], 0 outside x. A workgroup makes eight
// rows of one plane.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW0(y)
    uint channels, height, width;
    uint planes, phases_h, phases_w;
    uint rows, columns;
    uint stride_h, stride_w, pad_h, pad_w, up, channel_step;
} p;
TENSOR(1, readonly, X, float, x)
TENSOR(2, writeonly, Y, float, y)

void main() {
    uint blocks = (p.rows + 7) / 8;
    uint id = group_id(p.grid_x);
    uint plane = min(id / blocks, p.planes - 1);
    uint first_row = id % blocks * 8;
    uint phase = plane % (p.phases_h * p.phases_w);
    uint channel = plane / (p.phases_h * p.phases_w);
    uint from = AT4(x, uvec4(channel / p.channels, channel % p.channels, 0, 0));
    for (uint i = first_row; i < min(first_row + 8, p.rows); i++) {
        uint row = i * p.stride_h + phase / p.phases_w - p.pad_h;  // wraps to a large number above the image
        uint line = from + min(row / p.up, p.height - 1) * p.x_s2;
        uint to = p.y_offset + channel * p.channel_step + (phase * p.rows + i) * p.columns;
        for (uint j = gl_LocalInvocationID.x; j < p.columns; j += gl_WorkGroupSize.x) {
            uint column = j * p.stride_w + phase % p.phases_w - p.pad_w;
            float value = x.at[line + min(column / p.up, p.width - 1) * p.x_s3];
            y.at[to + j] = row < p.height * p.up && column < p.width * p.up ? value : 0.0;
        }
    }
}
