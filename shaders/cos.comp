// SPDX-License-Identifier: MIT
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "turn.glsl"
#define UNARY(v) cos_sin(v).x
#include "unary.glsl"
