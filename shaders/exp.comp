// SPDX-License-Identifier: MIT
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#define UNARY(x) exp(x)
#include "unary.glsl"
