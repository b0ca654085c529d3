// SPDX-License-Identifier: MIT
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "activation.glsl"
#define EXTRA float alpha;
#define UNARY(x) elu(x, p.alpha)
#include "unary.glsl"
