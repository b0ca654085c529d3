// SPDX-License-Identifier: MIT
// y[n, i, j] = largest or mean of x[n, i stride - pad + a dilation, j stride - pad + b dilation] over the window (a, b), where x has such
// a place; n = (b, c). A workgroup per row of y.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(constant_id = 3) const uint MEAN = 0;

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(x)
    VIEW0(y)
    uint rows, h, w, out_h, out_w;
    uint kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w;
    uint include_pad;
} p;
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) writeonly buffer Y { float y[]; };

/// Taps [begin, end) of a window lie in x. Of the mean, `counted` count, the zeros around perhaps among them.
struct Window {
    int start;
    uint begin, end, counted;
};

Window window(uint place, uint size, uint window_size, uint stride, uint pad, uint dilation) {
    int start = int(place * stride) - int(pad);
    uint begin = start < 0 ? (uint(-start) + dilation - 1) / dilation : 0;
    int room = int(size) - start;  // above 0, for windows begin before the end
    uint end = min(window_size, (uint(max(room, 0)) + dilation - 1) / dilation);
    return Window(start, begin, end, p.include_pad != 0 ? min(window_size, uint(room) + pad) : end - begin);
}

void main() {
    uint row = group_id(p.grid_x);
    if (row >= p.rows) return;
    Window down = window(row % p.out_h, p.h, p.kernel_h, p.stride_h, p.pad_h, p.dilation_h);
    uint plane = p.x_offset + row / p.out_h * p.h * p.w;
    for (uint j = gl_LocalInvocationID.x; j < p.out_w; j += gl_WorkGroupSize.x) {
        Window along = window(j, p.w, p.kernel_w, p.stride_w, p.pad_w, p.dilation_w);
        float result = MEAN != 0 ? 0.0 : uintBitsToFloat(0xff800000u);  // -infinity
        for (uint a = down.begin; a < down.end; a++) {
            uint from = plane + uint(down.start + int(a * p.dilation_h)) * p.w;
            for (uint b = along.begin; b < along.end; b++) {
                float value = x[from + uint(along.start + int(b * p.dilation_w))];
                result = MEAN != 0 ? result + value : max(result, value);
            }
        }
        y[p.y_offset + row * p.out_w + j] = MEAN != 0 ? result / float(down.counted * along.counted) : result;
    }
}
