// SPDX-License-Identifier: MIT
// y[6 i + j, o / 8, c, o % 8] = (G w[o, c] G^T)[i, j]. An invocation turns eight channels of one output.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "linear_fast.glsl"
#include "winograd.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(weight)
    VIEW0(y)
    uint out_size, channels, stored;
} p;
WEIGHTS(1, Weight, weight)
TENSOR(2, writeonly, Y, float, y)

#define WEIGHT(row, i) OCTET(weight, (row) + (i))
#define SCALE weight_scale
#define QUARTET weight_quartet
#define VALUES weight_values
#include "packed_values.glsl"

void main() {
    uint stretches = (p.channels + 15) / 16 * 2;
    uint id = group_id(p.grid_x);
    uint eighth = id / stretches * (LANES / 8) + eight();
    uint first = id % stretches * 8;
    uint at = min(eighth, weight_groups(p.out_size) - 1) * packed_row_words(p.channels * 9);
    float w[72];
    [[unroll]] for (uint k = 0; k < 72; k += 8) {
        float v[8];
        weight_values(at, min(first, (p.channels - 1) / 8 * 8) * 9 + k, vec2(0.0), v);
        [[unroll]] for (uint i = 0; i < 8; i++) w[k + i] = v[i];
    }
    STORING for (uint i = 0; i < 8; i++) {
        float rows[6][3];
        [[unroll]] for (uint j = 0; j < 3; j++) {
            float t[6];
            kernel_transform(w[i * 9 + j], w[i * 9 + 3 + j], w[i * 9 + 6 + j], t);
            [[unroll]] for (uint r = 0; r < 6; r++) rows[r][j] = t[r];
        }
        bool there = first + i < p.channels && eighth * 8 + gl_LocalInvocationID.x % 8 < p.out_size;
        [[unroll]] for (uint r = 0; r < 6; r++) {
            float t[6];
            kernel_transform(rows[r][0], rows[r][1], rows[r][2], t);
            [[unroll]] for (uint j = 0; j < 6; j++)
                if (LANES == 8 || eighth < weight_groups(p.out_size))
                    y.at[p.y_offset + (((r * 6 + j) * weight_groups(p.out_size) + eighth) * stretches * 8 + first + i) * 8 + gl_LocalInvocationID.x % 8] = there ? t[j] : 0.0;
        }
    }
}
