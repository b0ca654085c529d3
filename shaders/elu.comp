// SPDX-License-Identifier: MIT
#version 450
#extension GL_GOOGLE_include_directive : require
#define EXTRA float alpha;
#define UNARY(x) ((x) > 0.0 ? (x) : p.alpha * (exp(x) - 1.0))
#include "unary.glsl"
