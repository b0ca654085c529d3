// SPDX-License-Identifier: MIT
// The same as convolve_transpose with a dilation of 1, a tile of sums per workgroup. With t = i + pad, tap u reaches y[i] from x[q - m],
// where q = t / stride and u = t % stride + m stride: for places of one phase t % stride, a convolution with every stride-th tap. A
// workgroup has one phase along each axis, its rows and columns are values of q, and a turn is one m of one channel.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "block.glsl"
#include "packed.glsl"
#define TRANSPOSED
#include "convolve_op.glsl"
#include "convolve_tile.glsl"

layout(constant_id = 9) const uint TAPS = 2;  // of a turn: kernel_w / stride_w, rounded up

const uint SHIFTS = VECTORS * TAPS;

// The first q of a phase that lies in y, and how many taps the phase has.
uint first_place(uint phase, uint pad, uint stride) { return pad > phase ? (pad - phase + stride - 1) / stride : 0; }
uint tap_count(uint phase, uint size, uint stride) { return phase < size ? (size - phase + stride - 1) / stride : 0; }

void main() {
    uint lane = gl_LocalInvocationID.x;
    uint in_group = p.channels / p.groups, out_group = p.out_size / p.groups;
    uint id = group_id(p.grid_x);
    uint q_column = take(id, tiles(tiles(p.out_width, p.stride_w), COLUMNS)) * COLUMNS + lane;
    uint q_row = take(id, tiles(tiles(p.out_height, p.stride_h), ROWS)) * ROWS;
    uint phase_w = take(id, p.stride_w), phase_h = take(id, p.stride_h);
    uint o0 = take(id, tiles(out_group, OUTS)) * OUTS;
    uint group = take(id, p.groups);
    uint b = id;
    if (b >= p.batch) return;
    q_column += first_place(phase_w, p.pad_w, p.stride_w);
    q_row += first_place(phase_h, p.pad_h, p.stride_h);

    // Of what lies outside x, the last is read instead and masked.
    uint column_at[SHIFTS], column_mask[SHIFTS];
    [[unroll]] for (uint k = 0; k < SHIFTS; k++) {
        uint column = q_column + k / TAPS * LANES - k % TAPS;
        column_at[k] = min(column, p.width - 1) * p.x_s3;
        column_mask[k] = inside(column, p.width);
    }
    uint taps_w = tap_count(phase_w, p.kernel_w, p.stride_w), taps_h = tap_count(phase_h, p.kernel_h, p.stride_h);
    uint kernel_size = p.kernel_h * p.kernel_w, tap_step = p.stride_w, turn_step = p.stride_h * p.kernel_w;
    uint out_step = LAYOUT == 0 ? kernel_size : in_group * kernel_size;
    uint in_step = LAYOUT == 0 ? out_group * kernel_size : kernel_size;
    uint first_element = (LAYOUT == 0 ? group * in_group * out_group + o0 : (group * out_group + o0) * in_group) * kernel_size +
                         phase_h * p.kernel_w + min(phase_w, p.kernel_w - 1);
    uint last_out = out_group - 1 - o0;
    float sums[PLACES * OUTS];
    [[unroll]] for (uint i = 0; i < PLACES * OUTS; i++) sums[i] = 0.0;

    uint height = p.height, row_step = p.x_s2, channel_step = p.x_s1, first_word = p.weight_offset;
    uint plane = AT4(x, uvec4(b, group * in_group, 0, 0));
    for (uint c = 0; c < in_group; c++) {
        for (uint m = 0; m < taps_h; m++) {
            float a[ROWS * SHIFTS];
            [[unroll]] for (uint r = 0; r < ROWS; r++) {
                uint row = q_row + r - m;
                uint line = plane + min(row, height - 1) * row_step, mask = inside(row, height);
                [[unroll]] for (uint k = 0; k < SHIFTS; k++)
                    a[r * SHIFTS + k] = masked(x.at[line + column_at[k]], mask & column_mask[k]);
            }
            [[unroll]] for (uint o = 0; o < OUTS; o++) {
                [[unroll]] for (uint t = 0; t < TAPS; t++) {
                    uint e = first_element + min(o, last_out) * out_step + m * turn_step + min(t, max(taps_w, 1) - 1) * tap_step;
                    float w = t < taps_w ? stored_value(weight.at[first_word + stored_word(e)], e) : 0.0;
                    [[unroll]] for (uint r = 0; r < ROWS; r++)
                        [[unroll]] for (uint k = 0; k < VECTORS; k++)
                            sums[o * PLACES + r * VECTORS + k] += a[r * SHIFTS + k * TAPS + t] * w;
                }
            }
        }
        plane += channel_step;
        first_element += in_step;
    }
    for (uint o = 0; o < OUTS; o++)
        for (uint r = 0; r < ROWS; r++)
            for (uint k = 0; k < VECTORS; k++) {
                uvec4 place = uvec4(b, group * out_group + o0 + o, (q_row + r) * p.stride_h + phase_h - p.pad_h,
                                    (q_column + k * LANES) * p.stride_w + phase_w - p.pad_w);
                if (o0 + o < out_group && place.z < p.out_height && place.w < p.out_width)
                    finish(place, sums[o * PLACES + r * VECTORS + k]);
            }
}
