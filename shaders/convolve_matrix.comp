// SPDX-License-Identifier: MIT
// The same as convolve, as a product of matrices that are never written down (implicit GEMM): rows are the places of y, columns its channels,
// k goes over channels and taps as they lie in the weight. By cooperative matrices.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "block.glsl"
#include "packed.glsl"
#include "convolve_op.glsl"
#include "convolve_weights.glsl"

layout(constant_id = 6) const uint UP = 1;
layout(constant_id = 18) const uint KERNEL_H = 3;
layout(constant_id = 19) const uint KERNEL_W = 3;

const uint TAPS = KERNEL_H * KERNEL_W;

uint batch, group;  // of this workgroup
uint k_size;

void a_octet(uint row, uint k, out float v[8]) {
    uint i = row / p.out_width, j = row % p.out_width;
    uint c = k / TAPS, tap = k % TAPS;
    uint plane = AT4(x, uvec4(batch, group * (p.channels / p.groups) + c, 0, 0));
    [[unroll]] for (uint n = 0; n < 8; n++) {
        v[n] = 0.0;
        uint line = i * p.stride_h + tap / KERNEL_W * p.dilation_h - p.pad_h;  // wraps to a large number above the image
        uint column = j * p.stride_w + tap % KERNEL_W * p.dilation_w - p.pad_w;
        if (i < p.out_height && k + n < k_size && line < p.height * UP && column < p.width * UP)
            v[n] = x.at[plane + line / UP * p.x_s2 + column / UP * p.x_s3];
        tap++;
        if (tap == TAPS) {
            tap = 0;
            plane += p.x_s1;
        }
    }
}

void b_octet(uint part, uint column, uint k, out float v[8]) {
    uint out_group = p.out_size / p.groups;
    Weights w = weights_of(group * out_group + min(column, out_group - 1), k_size);
    uint e = w.first + k;
    uint count = column < out_group && k < k_size ? min(k_size - k, 8) : 0;
    uint word = 0;
    [[unroll]] for (uint n = 0; n < 8; n++) {
        v[n] = 0.0;
        if (n >= count) continue;
        if (n == 0 || STORED == STORED_F32 || (e + n) % 2 == 0) word = weight.at[w.words + stored_word(e + n) * w.step];
        v[n] = stored_value(word, e + n);
    }
}

#define PARTS 1
#define A_UNIT(i) rows_first(i, TILE_M)
#define B_UNIT(i) (PACKED != 0 ? rows_first(i, TILE_N) : octets_first(i))
#define NEIGHBOURS_ARE_ROWS
#define FINISH(row, column, sum) \
    finish(uvec4(batch, group * (p.out_size / p.groups) + (column), (row) / p.out_width, (row) % p.out_width), sum[0])
#include "matrix_tile.glsl"

void main() {
    uint id = group_id(p.grid_x);
    uint places = p.out_height * p.out_width, out_group = p.out_size / p.groups;
    uint row_tiles = (places + TILE_M - 1) / TILE_M, column_tiles = (out_group + TILE_N - 1) / TILE_N;
    uvec2 first = uvec2(id % row_tiles * TILE_M, id / row_tiles % column_tiles * TILE_N);
    group = id / row_tiles / column_tiles % p.groups;
    batch = id / row_tiles / column_tiles / p.groups;
    if (batch >= p.batch) return;
    k_size = p.channels / p.groups * TAPS;
    matrix_tile(first, places, out_group, k_size);
}
