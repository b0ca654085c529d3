// SPDX-License-Identifier: MIT
// y[n, i, j] = sum over taps a of i and b of j of weight(a) weight(b) x[n, a, b]; n = (b, c). A workgroup per row of y.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(constant_id = 3) const uint MODE = 0;
layout(constant_id = 4) const uint ALIGNED = 0;
layout(constant_id = 5) const uint ANTIALIAS = 0;
const uint NEAREST = 0, EXACT = 1, CUBIC = 4;  // between them: linear, bilinear

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(x)
    VIEW0(like)
    VIEW0(y)
    uint rows, h, w, out_h, out_w;
    uint mode, aligned, antialias;
    float scale_y, scale_x;
} p;
layout(binding = 1) readonly buffer X { uint x[]; };  // nearest takes elements of any type
layout(binding = 2) readonly buffer Like { uint like[]; };
layout(binding = 3) writeonly buffer Y { uint y[]; };

/// Input places first, first + 1, ... that an output place reads, each weighted by its distance from `at`.
struct Taps {
    int first, count;
    float at, narrow, total;
};

// Keys 1981; a is -0.75 for interpolation and -0.5 under the antialiasing filter.
float cubic(float d) {
    const float a = ANTIALIAS != 0 ? -0.5 : -0.75;
    d = abs(d);
    if (d >= 2.0) return 0.0;
    return d > 1.0 ? ((d - 5.0) * d + 8.0) * d * a - 4.0 * a : ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0;
}

float weight(Taps t, int tap) {
    if (MODE <= EXACT) return 1.0;
    float d = (float(t.first + tap) - t.at) * t.narrow;
    return (MODE == CUBIC ? cubic(d) : max(1.0 - abs(d), 0.0)) * t.total;
}

/// `scale` is input places per output place.
Taps taps_of(uint place, uint size, float scale) {
    if (MODE <= EXACT) {
        precise float at = (float(place) + (MODE == EXACT ? 0.5 : 0.0)) * scale;
        return Taps(min(int(at), int(size) - 1), 1, at, 1.0, 1.0);
    }
    if (ANTIALIAS != 0) {
        precise float at = (float(place) + 0.5) * scale;
        float stretch = max(scale, 1.0);
        float reach = (MODE == CUBIC ? 2.0 : 1.0) * stretch;
        int first = max(int(at - reach + 0.5), 0);
        Taps t = Taps(first, min(int(at + reach + 0.5), int(size)) - first, at - 0.5, 1.0 / stretch, 1.0);
        float total = 0.0;
        for (int tap = 0; tap < t.count; tap++) total += weight(t, tap);
        t.total = 1.0 / total;
        return t;
    }
    precise float at = ALIGNED != 0 ? float(place) * scale : (float(place) + 0.5) * scale - 0.5;
    if (MODE == CUBIC) return Taps(int(floor(at)) - 1, 4, at, 1.0, 1.0);
    at = max(at, 0.0);
    return Taps(int(at), 2, at, 1.0, 1.0);
}

uint index(Taps t, int tap, uint size) { return uint(clamp(t.first + tap, 0, int(size) - 1)); }

void main() {
    uint row = group_id(p.grid_x);
    if (row >= p.rows) return;
    uint plane = p.x_offset + row / p.out_h * p.h * p.w;
    uint to = p.y_offset + row * p.out_w;
    Taps down = taps_of(row % p.out_h, p.h, p.scale_y);
    for (uint j = gl_LocalInvocationID.x; j < p.out_w; j += gl_WorkGroupSize.x) {
        Taps along = taps_of(j, p.w, p.scale_x);
        if (MODE <= EXACT) {
            y[to + j] = x[plane + index(down, 0, p.h) * p.w + index(along, 0, p.w)];
            continue;
        }
        float sum = 0.0;
        for (int a = 0; a < down.count; a++) {
            uint from = plane + index(down, a, p.h) * p.w;
            float part = 0.0;
            for (int b = 0; b < along.count; b++) part += weight(along, b) * uintBitsToFloat(x[from + index(along, b, p.w)]);
            sum += weight(down, a) * part;
        }
        y[to + j] = floatBitsToUint(sum);
    }
}
