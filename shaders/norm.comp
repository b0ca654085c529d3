// SPDX-License-Identifier: MIT
#version 450
#extension GL_GOOGLE_include_directive : require
#include "reduce.glsl"

#define SQUARE(v) ((v) * (v))
FOLD(squares, 0.0, SQUARE, ADD)

float reduced(uint from) { return sqrt(squares(from, 0.0)); }
