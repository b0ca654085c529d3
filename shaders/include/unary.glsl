// SPDX-License-Identifier: MIT
// y[i] = f(x[i]). The including shader says UNARY(x), and in EXTRA the members of the block that its f reads.
#include "block.glsl"
#include "stretch.glsl"

layout(constant_id = 4) const uint X_ALONG = 0;

#ifndef EXTRA
#define EXTRA
#endif

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW4(y)
    uint count, d1, d2, d3;
    EXTRA
} p;
TENSOR(1, readonly, X, float, x)
TENSOR(2, writeonly, Y, float, y)

void one() {
    uint i = linear_id(p.grid_x);
    if (i >= p.count) return;
    uvec4 c = unravel(i, p.d1, p.d2, p.d3);
    float value = x.at[AT4(x, c)];
    y.at[AT4(y, c)] = UNARY(value);
}

void stretch() {
    uvec4 c = stretch_begin(group_id(p.grid_x), p.count, p.d1, p.d2, p.d3);
    uint from = AT4(x, c);
    uint to = AT4(y, c);
    Row x_row = ROW(x, from);
    uint count = min(STRETCH, p.d3 - c.w);
    for (uint first = 0; first < count; first += TURN) {
        float values[EIGHTS];
        [[unroll]] for (uint j = 0; j < EIGHTS; j++) values[j] = OWN_ALONG(OWN, x, X_ALONG, from, x_row, eight_of(first, j), count - 1);
        [[unroll]] for (uint j = 0; j < EIGHTS; j++) {
            float value = UNARY(values[j]);
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
