// SPDX-License-Identifier: MIT
#version 450
#extension GL_GOOGLE_include_directive : require
#define BEST(key) (key)
#include "arg_reduce.glsl"
