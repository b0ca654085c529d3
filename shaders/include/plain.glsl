// SPDX-License-Identifier: MIT
// What the plain linear kernels share: one sum per invocation, weights packed or in rows. Spec constants: 3 STORED, 4 is the op's, then these.
#extension GL_EXT_control_flow_attributes : require
#include "packed.glsl"

#define X_TYPE float
#define WEIGHTS(binding_number, Block, t) TENSOR(binding_number, readonly, Block, uint, t)

layout(constant_id = 5) const uint LAYOUT = 0;  // of weights in rows; 0: [out, in], 1: [in, out]
layout(constant_id = 6) const uint PACKED = 0;

// Element number of W[o, k].
uint weight_place(uint o, uint k, uint k_size, uint out_size) {
    return LAYOUT == 0 ? o * k_size + k : k * out_size + o;
}
