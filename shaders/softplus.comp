// SPDX-License-Identifier: MIT
#version 450
#extension GL_GOOGLE_include_directive : require
// exp() of what is at most 0 only, so that large values do not overflow.
#define UNARY(x) (max(x, 0.0) + log(1.0 + exp(-abs(x))))
#include "unary.glsl"
