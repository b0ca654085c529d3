// SPDX-License-Identifier: MIT
// The same as convolve, for 3 x 3 kernels and stride 1: what is left to do of Winograd's sums (op winograd_products), A^T x A, and the epilogue.
// An invocation makes sixteen tiles of 4 x 4 places of one output.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "lanes.glsl"
#include "stored.glsl"
#define IMAGE(binding_number, Block, t) OCTETS(binding_number, Block, t)
#include "convolve_op.glsl"
#include "winograd.glsl"

void main() {
    uint eights = (p.out_size + 7) / 8, columns = (eights + gl_WorkGroupSize.x / 8 - 1) / (gl_WorkGroupSize.x / 8);
    uint id = group_id(p.grid_x);
    uint sixteen = id / columns;
    uint eighth = id % columns * (gl_WorkGroupSize.x / 8) + eight();
    uint o = eighth * 8 + gl_LocalInvocationID.x % 8;
    Channel channel = channel_of(min(o, p.out_size - 1));
    uint tile_rows = (p.out_height + 3) / 4, tile_columns = (p.out_width + 3) / 4;
    for (uint u = 0; u < 16; u++) {
        uint tile = p.first_tile + sixteen * 16 + u;
        uint at = p.x_offset / 8 + sixteen * p.x_s1 / 8 + min(eighth, eights - 1) * p.x_s2 / 8 + u;
        float rows[4][6];
        [[unroll]] for (uint j = 0; j < 6; j++) {
            float m[6], t[4];
            [[unroll]] for (uint i = 0; i < 6; i++) m[i] = uintBitsToFloat(OCTET(x, at + (i * 6 + j) * p.x_s0 / 8));
            sum_transform(m, t);
            [[unroll]] for (uint i = 0; i < 4; i++) rows[i][j] = t[i];
        }
        uint b = tile / tile_columns / tile_rows;
        uint row = tile / tile_columns % tile_rows * 4, column = tile % tile_columns * 4;
        [[unroll]] for (uint i = 0; i < 4; i++) {
            float t[4];
            sum_transform(rows[i], t);
            [[unroll]] for (uint j = 0; j < 4; j++)
                if (o < p.out_size && b < p.batch && row + i < p.out_height && column + j < p.out_width)
                    finish(uvec4(b, o, row + i, column + j), t[j], channel);
        }
    }
}
