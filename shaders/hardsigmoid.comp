// SPDX-License-Identifier: MIT
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "activation.glsl"
#define UNARY(x) hardsigmoid(x)
#include "unary.glsl"
