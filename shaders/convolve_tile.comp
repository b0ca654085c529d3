// SPDX-License-Identifier: MIT
// The same as convolve, a tile of sums per workgroup. A turn takes one row of the kernel, of one channel: what it reads of x is read once
// for all its taps and outputs. All loops inside a turn are unrolled, and a sum's taps follow each other, so that it stays in a register.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "block.glsl"
#include "packed.glsl"
#include "convolve_op.glsl"
#include "convolve_tile.glsl"

layout(constant_id = 9) const uint KERNEL_H = 3;
layout(constant_id = 10) const uint KERNEL_W = 3;
layout(constant_id = 11) const uint STRIDE_W = 1;
layout(constant_id = 12) const uint CHANNELS = 1;  // a turn; divides those of a group, and is 1 if KERNEL_H > 1
layout(constant_id = 13) const uint UP = 1;

const uint SHIFTS = VECTORS * KERNEL_W;
const uint TAPS = CHANNELS * KERNEL_W;  // of a turn; they lie side by side in the weight

#include "convolve_weights.glsl"

// TAPS elements from element e on; the words of 16-bit ones are read once each, wherever in them e stands.
void read_weights(Weights from, uint e, out float w[TAPS]) {
    e += from.first;
    if (STORED == STORED_F32) {
        [[unroll]] for (uint t = 0; t < TAPS; t++) w[t] = uintBitsToFloat(weight.at[from.words + (e + t) * from.step]);
        return;
    }
    uint last = (e + TAPS - 1) / 2;
    uint words[TAPS / 2 + 2];
    [[unroll]] for (uint i = 0; i < TAPS / 2 + 1; i++) words[i] = weight.at[from.words + min(e / 2 + i, last) * from.step];
    words[TAPS / 2 + 1] = 0;
    [[unroll]] for (uint t = 0; t < TAPS; t += 2) {
        vec2 pair = stored_pair(e % 2 == 0 ? words[t / 2] : words[t / 2] >> 16 | words[t / 2 + 1] << 16);
        w[t] = pair.x;
        if (t + 1 < TAPS) w[t + 1] = pair.y;
    }
}

void main() {
    uint lane = gl_LocalInvocationID.x;
    uint in_group = p.channels / p.groups, out_group = p.out_size / p.groups;
    uint id = group_id(p.grid_x);
    uint j0 = take(id, tiles(p.out_width, COLUMNS)) * COLUMNS;
    uint i0 = take(id, tiles(p.out_height, ROWS)) * ROWS;
    uint o0 = take(id, tiles(out_group, OUTS)) * OUTS;
    uint group = take(id, p.groups);
    uint b = id;
    if (b >= p.batch) return;

    // Of what lies outside x, the last is read instead and masked.
    uint column_at[SHIFTS], column_mask[SHIFTS];
    [[unroll]] for (uint k = 0; k < SHIFTS; k++) {
        uint column = (j0 + k / KERNEL_W * LANES + lane) * STRIDE_W + k % KERNEL_W * p.dilation_w - p.pad_w;
        column_at[k] = min(column / UP, p.width - 1) * p.x_s3;
        column_mask[k] = inside(column, p.width * UP);
    }
    Weights from[OUTS];
    [[unroll]] for (uint o = 0; o < OUTS; o++)
        from[o] = weights_of(group * out_group + min(o0 + o, out_group - 1), in_group * KERNEL_H * KERNEL_W);
    float sums[PLACES * OUTS];
    [[unroll]] for (uint i = 0; i < PLACES * OUTS; i++) sums[i] = 0.0;

    uint height = p.height, row_step = p.x_s2, channel_step = p.x_s1, stride_h = p.stride_h, dilation_h = p.dilation_h;
    uint first_row = i0 * stride_h - p.pad_h;
    uint plane = AT4(x, uvec4(b, group * in_group, 0, 0));
    uint turn = 0;
    for (uint c = 0; c < in_group; c += CHANNELS) {
        for (uint u = 0; u < KERNEL_H; u++) {
            float a[CHANNELS * ROWS * SHIFTS];
            [[unroll]] for (uint r = 0; r < ROWS; r++) {
                uint row = first_row + r * stride_h + u * dilation_h;
                uint line = plane + min(row / UP, height - 1) * row_step, mask = inside(row, height * UP);
                [[unroll]] for (uint s = 0; s < CHANNELS; s++)
                    [[unroll]] for (uint k = 0; k < SHIFTS; k++)
                        a[(s * ROWS + r) * SHIFTS + k] = masked(x.at[line + s * channel_step + column_at[k]], mask & column_mask[k]);
            }
            [[unroll]] for (uint o = 0; o < OUTS; o++) {
                float w[TAPS];
                read_weights(from[o], turn, w);
                [[unroll]] for (uint t = 0; t < TAPS; t++)
                    [[unroll]] for (uint r = 0; r < ROWS; r++)
                        [[unroll]] for (uint k = 0; k < VECTORS; k++)
                            sums[o * PLACES + r * VECTORS + k] +=
                                a[(t / KERNEL_W * ROWS + r) * SHIFTS + k * KERNEL_W + t % KERNEL_W] * w[t];
            }
            turn += TAPS;
        }
        plane += CHANNELS * channel_step;
    }
    for (uint o = 0; o < OUTS; o++)
        for (uint r = 0; r < ROWS; r++)
            for (uint k = 0; k < VECTORS; k++) {
                uvec4 place = uvec4(b, group * out_group + o0 + o, i0 + r, j0 + k * LANES + lane);
                if (o0 + o < out_group && place.z < p.out_height && place.w < p.out_width)
                    finish(place, sums[o * PLACES + r * VECTORS + k]);
            }
}
