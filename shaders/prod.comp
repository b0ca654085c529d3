// SPDX-License-Identifier: MIT
#version 450
#extension GL_GOOGLE_include_directive : require
#include "reduce.glsl"

#define SELF(v) (v)
#define TIMES(a, b) ((a) * (b))
FOLD(product, 1.0, SELF, TIMES)

float reduced(uint from) { return product(from, 0.0); }
