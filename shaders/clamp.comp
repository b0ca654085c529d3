// SPDX-License-Identifier: MIT
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#define EXTRA float low, high;
#define UNARY(x) clamp(x, p.low, p.high)
#include "unary.glsl"
