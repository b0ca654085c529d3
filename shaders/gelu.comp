// SPDX-License-Identifier: MIT
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "activation.glsl"
#define EXTRA uint approx;
#define UNARY(x) (p.approx == 0 ? gelu(x) : gelu_tanh(x))
#include "unary.glsl"
