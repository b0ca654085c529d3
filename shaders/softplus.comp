// SPDX-License-Identifier: MIT
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "activation.glsl"
#define UNARY(x) softplus(x)
#include "unary.glsl"
