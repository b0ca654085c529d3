// SPDX-License-Identifier: MIT
// y[i] = f(a[i], b[i]), or of a[i] and a number. The including shader says BINARY(a, b).
#include "block.glsl"
#include "stretch.glsl"

layout(constant_id = 4) const uint A_ALONG = 0;
layout(constant_id = 5) const uint B_ALONG = 0;

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(a)
    VIEW4(b)
    VIEW4(y)
    uint count, d1, d2, d3;
    uint has_b;
    float number;
    uint swap;
} p;
TENSOR(1, readonly, A, float, a)
TENSOR(2, readonly, B, float, b)
TENSOR(3, writeonly, Y, float, y)

float combine(float left, float right) {
    if (p.has_b == 0) {
        right = p.swap != 0 ? left : p.number;
        left = p.swap != 0 ? p.number : left;
    }
    return BINARY(left, right);
}

void one() {
    uint i = linear_id(p.grid_x);
    if (i >= p.count) return;
    uvec4 c = unravel(i, p.d1, p.d2, p.d3);
    y.at[AT4(y, c)] = combine(a.at[AT4(a, c)], b.at[AT4(b, c)]);
}

void stretch() {
    uvec4 c = stretch_begin(group_id(p.grid_x), p.count, p.d1, p.d2, p.d3);
    uint a_from = AT4(a, c);
    uint b_from = AT4(b, c);
    uint to = AT4(y, c);
    Row a_row = ROW(a, a_from);
    Row b_row = ROW(b, b_from);
    uint count = min(STRETCH, p.d3 - c.w);
    for (uint first = 0; first < count; first += TURN) {
        float left[EIGHTS];
        float right[EIGHTS];
        [[unroll]] for (uint j = 0; j < EIGHTS; j++) {
            left[j] = OWN_ALONG(OWN, a, A_ALONG, a_from, a_row, eight_of(first, j), count - 1);
            right[j] = OWN_ALONG(OWN, b, B_ALONG, b_from, b_row, eight_of(first, j), count - 1);
        }
        [[unroll]] for (uint j = 0; j < EIGHTS; j++) {
            float value = combine(left[j], right[j]);
            uint i = element_of(first, j);
            if (i < count) y.at[to + i * p.y_s3] = value;
        }
    }
}

void main() {
    if (STRETCH == 0) {
        one();
    } else {
        stretch();
    }
}
