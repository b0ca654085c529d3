// SPDX-License-Identifier: MIT
// What the faster linear kernels share. Weights are packed; invocations lie along the outputs, eight to a group of rows of the weight.
// Spec constants: 3 STORED, 4 is the op's, then these.
#extension GL_EXT_control_flow_attributes : require
#include "packed.glsl"

layout(constant_id = 5) const uint ROWS = 1;    // of x
layout(constant_id = 6) const uint GROUPS = 1;  // of rows of the weight, per invocation
layout(constant_id = 7) const uint TAIL = 0;    // k_size % 8

const uint LANES = gl_WorkGroupSize.x;  // a multiple of eight
const uint SUMS = ROWS * GROUPS;
const uint QUADS = ROWS / 4;

uint weight_groups(uint out_size) { return (out_size + 7) / 8; }
