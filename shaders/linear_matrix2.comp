// SPDX-License-Identifier: MIT
// y[r, o] = sum over k of x[r, k] W[o, k], + bias[o]; by cooperative matrices of VK_NV_cooperative_matrix2.
#version 450
#pragma target(vulkan1.3)
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "plain.glsl"
#include "linear_op.glsl"

const uint SHARES = 1;
#define BY_ELEMENT
#include "linear_matrix_one.glsl"
