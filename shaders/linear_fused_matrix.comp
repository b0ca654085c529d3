// SPDX-License-Identifier: MIT
// y[r, o] = act(sum over k of x[r, k] W[o, k] + bias[o]) + residual[r, o]; by cooperative matrices.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "plain.glsl"
#include "linear_fused_op.glsl"

const uint SHARES = 1;
#include "linear_matrix_one.glsl"
