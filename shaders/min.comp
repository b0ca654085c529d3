// SPDX-License-Identifier: MIT
#version 450
#extension GL_GOOGLE_include_directive : require
#include "reduce.glsl"

#define SELF(v) (v)
FOLD(smallest, 1.0 / 0.0, SELF, min)

float reduced(uint from) { return smallest(from, 0.0); }
