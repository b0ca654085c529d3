// SPDX-License-Identifier: MIT
// y[b, i, c, r] = x[b, c, 16 i + r], places being numbered through an image's rows; those past the last are anything. A workgroup moves sixteen
// places of 16 channels.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "eights.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW0(y)
    uint batch, channels, places;
} p;
TENSOR(1, readonly, X, float, x)
TENSOR(2, writeonly, Y, float, y)

void main() {
    uint sixteens = (p.places + 15) / 16, blocks = (p.channels + 15) / 16;
    uint id = min(group_id(p.grid_x), p.batch * sixteens * blocks - 1);  // beyond the last: it again, with the same results
    uint b = id / (sixteens * blocks), sixteen = id / blocks % sixteens, first = id % blocks * 16;
    uint to = p.y_offset + (b * sixteens + sixteen) * p.channels * 16 + gl_LocalInvocationID.x % 8;
    for (uint half_tile = eight(); half_tile < 2; half_tile += gl_WorkGroupSize.x / 8)
        // Four at a time, as in tile_rows.comp.
        [[dont_unroll]] for (uint c4 = first; c4 < first + 16; c4 += 4)
            [[unroll]] for (uint i = 0; i < 4; i++) {
                uint c = min(c4 + i, p.channels - 1);
                Row row = ROW(x, p.x_offset + b * p.x_s0 + c * p.x_s1);
                y.at[to + c * 16 + half_tile * 8] = OWN(x, row, sixteen * 2 + half_tile, p.places - 1);
            }
}
