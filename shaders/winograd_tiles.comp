// SPDX-License-Identifier: MIT
// y[6 i + j, t, c, u] = (B^T d B)[i, j] of tile first_tile + 16 t + u of channel c. Invocations lie along the tiles; each turns eight channels.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "lanes.glsl"
#include "winograd.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW0(y)
    uint batch, channels, height, width;
    uint pad_h, pad_w, up;
    uint tile_rows, tile_columns, first_tile, sixteens;
} p;
TENSOR(1, readonly, X, float, x)
TENSOR(2, writeonly, Y, float, y)

#ifdef ADDRESSED
layout(buffer_reference, std430, buffer_reference_align = 4) readonly buffer Stretch { float at[36]; };

// Places 4 u to 4 u + 5 of the stretch of x from `first`, for the u-th of eight invocations: each reads the whole stretch and keeps its own.
void stretch_of(uint first, out float d[6]) {
    uint carry;
    uint low = uaddCarry(p.x_low, first << 2, carry);
    float all[36] = Stretch(uvec2(low, p.x_high + (first >> 30) + carry)).at;
    [[unroll]] for (uint j = 0; j < 6; j++) {
        d[j] = all[j];
        [[unroll]] for (uint u = 1; u < 8; u++) d[j] = mix(d[j], all[4 * u + j], gl_SubgroupInvocationID == u);
    }
}
#endif

void main() {
    uint stretches = (p.channels + 7) / 8;
    uint id = group_id(p.grid_x);
    uint half_tile = id / stretches * (gl_WorkGroupSize.x / 8) + eight();
    uint own = half_tile * 8 + gl_LocalInvocationID.x % 8;  // of this dispatch's tiles
    uint tile = p.first_tile + own;
    uint row = tile / p.tile_columns % p.tile_rows * 4 - p.pad_h;  // wraps to a large number above the image
    uint column = tile % p.tile_columns * 4 - p.pad_w;
    uint image = p.x_offset + min(tile / p.tile_columns / p.tile_rows, p.batch - 1) * p.x_s0;
    uint lines[6], places[6];
    bool in_rows[6], in_columns[6];
    [[unroll]] for (uint i = 0; i < 6; i++) {
        in_rows[i] = row + i < p.height * p.up;
        in_columns[i] = column + i < p.width * p.up;
        lines[i] = min((row + i) / p.up, p.height - 1) * p.x_s2;
        places[i] = min((column + i) / p.up, p.width - 1) * p.x_s3;
    }
#ifdef ADDRESSED
    // Eight tiles side by side: their places in a row of x are one stretch.
    uint leader = half_tile * 8 + p.first_tile;
    uint leaders_row = leader / p.tile_columns % p.tile_rows * 4 - p.pad_h;
    int begin = int(p.x_offset + min(leader / p.tile_columns / p.tile_rows, p.batch - 1) * p.x_s0 + leader % p.tile_columns * 4) - int(p.pad_w);
    bool side_by_side = p.up == 1 && p.x_s3 == 1 && leader % p.tile_columns + 7 < p.tile_columns && begin >= 0;
#endif
    for (uint c = id % stretches * 8; c < min(id % stretches * 8 + 8, p.channels); c++) {
        float x_tile[6][6], turned[6][6];
#ifdef ADDRESSED
        if (side_by_side) {
            [[unroll]] for (uint i = 0; i < 6; i++) stretch_of(max(begin, 0) + c * p.x_s1 + min(leaders_row + i, p.height - 1) * p.x_s2, x_tile[i]);
        } else
#endif
        [[unroll]] for (uint i = 0; i < 6; i++)
            [[unroll]] for (uint j = 0; j < 6; j++) x_tile[i][j] = x.at[image + c * p.x_s1 + lines[i] + places[j]];
        [[unroll]] for (uint i = 0; i < 6; i++) {
            [[unroll]] for (uint j = 0; j < 6; j++) x_tile[i][j] = in_rows[i] && in_columns[j] ? x_tile[i][j] : 0.0;
            tile_transform(x_tile[i], turned[i]);
        }
        [[unroll]] for (uint j = 0; j < 6; j++) {
            float d[6], t[6];
            [[unroll]] for (uint i = 0; i < 6; i++) d[i] = turned[i][j];
            tile_transform(d, t);
            [[unroll]] for (uint i = 0; i < 6; i++)
                if (gl_WorkGroupSize.x == 8 || own < p.sixteens * 16)
                    y.at[p.y_offset + (((i * 6 + j) * p.sixteens + half_tile / 2) * p.channels + c) * 16 + half_tile % 2 * 8 + gl_LocalInvocationID.x % 8] = t[i];
        }
    }
}
