// SPDX-License-Identifier: MIT
#version 450
#extension GL_GOOGLE_include_directive : require
#define COMPARE(a, b) ((a) < (b))
#include "compare.glsl"
