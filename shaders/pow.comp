// SPDX-License-Identifier: MIT
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require

#include "power.glsl"
#define BINARY(a, b) power(a, b)
#include "binary.glsl"
