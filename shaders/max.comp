// SPDX-License-Identifier: MIT
#version 450
#extension GL_GOOGLE_include_directive : require
#include "reduce.glsl"

#define SELF(v) (v)
FOLD(largest, -1.0 / 0.0, SELF, max)

float reduced(uint from) { return largest(from, 0.0); }
