// SPDX-License-Identifier: MIT
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#define BINARY(a, b) ((a) + (b))
#include "binary.glsl"
