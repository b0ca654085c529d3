// SPDX-License-Identifier: MIT
#version 450
#extension GL_GOOGLE_include_directive : require
#include "reduce.glsl"

#define SELF(v) (v)
FOLD(total, 0.0, SELF, ADD)

float reduced(uint from) { return total(from, 0.0); }
