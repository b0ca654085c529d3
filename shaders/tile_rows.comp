// SPDX-License-Identifier: MIT
// y[i, k, r] = x[16 i + r, k], 0 where x has no such row. A workgroup turns 16 rows x 16 columns.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "block.glsl"
#include "lanes.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW2(x)
    VIEW0(y)
    uint rows, k;
} p;
TENSOR(1, readonly, X, float, x)
TENSOR(2, writeonly, Y, float, y)

#include "own_row.glsl"

void main() {
    uint blocks = (p.k + 15) / 16;
    uint id = group_id(p.grid_x);
    uint tile = min(id / blocks, (p.rows - 1) / 16);
    uint k16 = id % blocks * 16;
    for (uint half_tile = eight(); half_tile < 2; half_tile += gl_WorkGroupSize.x / 8) {
        uint first = tile * 16 + half_tile * 8;
        uint row = first + gl_LocalInvocationID.x % 8;
        uint from[HELD];
        [[unroll]] for (uint r = 0; r < HELD; r++) from[r] = AT2(x, uvec2(min(first + held(r), p.rows - 1), 0));
        // Four at a time: all sixteen written out take a compiler four times as long, and are no faster.
        [[dont_unroll]] for (uint i4 = k16; i4 < k16 + 16; i4 += 4)
            [[unroll]] for (uint i = 0; i < 4; i++) {
                uint k = min(i4 + i, p.k - 1);  // past the last column it again, as it is
                float value = own_row(from, k);
                y.at[p.y_offset + ((tile * p.k + k) * 2 + half_tile) * 8 + gl_LocalInvocationID.x % 8] = row < p.rows ? value : 0.0;
            }
    }
}
