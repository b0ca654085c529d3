// SPDX-License-Identifier: MIT
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#define EXTRA float slope;
#define UNARY(x) ((x) > 0.0 ? (x) : p.slope * (x))
#include "unary.glsl"
