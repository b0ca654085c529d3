// SPDX-License-Identifier: MIT
// What the plain linear kernels share. Spec constants: 3 STORED, 4 LAYOUT.
#include "stored.glsl"

layout(constant_id = 4) const uint LAYOUT = 0;  // 0: weight [out, in], 1: [in, out]

// Element number of W[o, k].
uint weight_place(uint o, uint k, uint k_size, uint out_size) {
    return LAYOUT == 0 ? o * k_size + k : k * out_size + o;
}

// sum += x[row, k] W[o, k] over k, in order. `weight` names a buffer of words and its offset in the block.
#define LINEAR_DOT(sum, weight, row, o, k_size, out_size) \
    for (uint k = 0; k < k_size; k++) { \
        uint e = weight_place(o, k, k_size, out_size); \
        sum += x[AT2(x, uvec2(row, k))] * stored_value(weight[p.weight##_offset + stored_word(e)], e); \
    }
