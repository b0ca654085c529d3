// SPDX-License-Identifier: MIT
#version 450
#extension GL_GOOGLE_include_directive : require
#define EXTRA uint unbiased;
#include "reduce.glsl"

#define SELF(v) (v)
FOLD(total, 0.0, SELF, ADD)
// A second pass: the difference of the sums of squares would cancel where the mean is large.
#define AWAY(v) ((v - aid) * (v - aid))
FOLD(squares, 0.0, AWAY, ADD)

float reduced(uint from) {
    float count = float(p.d2 * p.d3);
    float mean = total(from, 0.0) / count;
    return squares(from, mean) / (count - float(p.unbiased));
}
