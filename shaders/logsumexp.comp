// SPDX-License-Identifier: MIT
#version 450
#extension GL_GOOGLE_include_directive : require
#include "reduce.glsl"

#define SELF(v) (v)
FOLD(largest, -1.0 / 0.0, SELF, max)
#define POWER(v) exp(v - aid)
FOLD(powers, 0.0, POWER, ADD)

float reduced(uint from) {
    float top = largest(from, 0.0);
    if (isinf(top)) return top;
    return top + log(powers(from, top));
}
