// SPDX-License-Identifier: MIT
// y[b0, b1, o / 8, k, o % 8] = x[b0, b1, k, o], 0 where x has no such row; columns past the last repeat it. A workgroup packs, for every
// eight invocations, 16 rows x 8 columns.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "block.glsl"
#include "lanes.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW0(y)
    uint b0, b1, k, n;
} p;
TENSOR(1, readonly, X, float, x)
TENSOR(2, writeonly, Y, float, y)

#include "own_row.glsl"  // a column of x here is what a row is there

void main() {
    uint eights = (p.n + 7) / 8, sixteens = (p.k + 15) / 16;
    uint wide = gl_WorkGroupSize.x / 8;
    uint across = (eights + wide - 1) / wide;
    uint id = group_id(p.grid_x);
    uint batch = min(id / (across * sixteens), p.b0 * p.b1 - 1);
    uint k16 = id / across % sixteens * 16;
    uint group = min(id % across * wide + eight(), eights - 1);
    uint from[HELD];
    [[unroll]] for (uint r = 0; r < HELD; r++) from[r] = AT4(x, uvec4(batch / p.b1, batch % p.b1, 0, min(group * 8 + held(r), p.n - 1)));
    uint to = p.y_offset + ((batch * eights + group) * sixteens * 16 + k16) * 8 + gl_LocalInvocationID.x % 8;
    [[dont_unroll]] for (uint i4 = 0; i4 < 16; i4 += 4)
        [[unroll]] for (uint i = i4; i < i4 + 4; i++) {
            float value = own_row(from, min(k16 + i, p.k - 1) * p.x_s2);
            y.at[to + i * 8] = k16 + i < p.k ? value : 0.0;
        }
}
