// SPDX-License-Identifier: MIT
// y[s, r, o] = sum over stretch s of k of x[r, k] W[o, k]; by cooperative matrices, for op add_shares.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "plain.glsl"
#include "linear_fused_op.glsl"

layout(constant_id = 19) const uint SHARES = 2;
#include "linear_matrix_one.glsl"
