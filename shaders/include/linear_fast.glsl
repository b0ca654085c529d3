// SPDX-License-Identifier: MIT
// What the faster linear kernels share. Weights are packed; invocations lie along the outputs, eight to a group of rows of the weight.
// Spec constants: 3 STORED, 4 is the op's, then the kernel's, 7 TAIL.
#extension GL_EXT_control_flow_attributes : require
#include "packed.glsl"
#include "lanes.glsl"

layout(constant_id = 7) const uint TAIL = 0;  // k_size % 16

#define WEIGHTS(binding_number, Block, t) OCTETS(binding_number, Block, t)

const uint LANES = gl_WorkGroupSize.x;  // a multiple of eight

uint weight_groups(uint out_size) { return (out_size + 7) / 8; }

// k, or the last there is: what weights have beyond it is zero, and x is not to be read there.
uint within(uint k, uint k_size) { return TAIL == 0 ? k : min(k, k_size - 1); }
