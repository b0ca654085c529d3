// SPDX-License-Identifier: MIT
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#define UNARY(x) (1.0 / (x))
#include "unary.glsl"
