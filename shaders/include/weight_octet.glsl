// SPDX-License-Identifier: MIT
// Defines OCTET(row, k, k_size, out_size, v): v[0..7] are the elements k to k + 7 of row `row` of the weight, zeros outside. The including
// shader says WEIGHT(row, i), and SCALE, QUARTET, VALUES and OCTET as names of its own, once per weight.
#include "packed_values.glsl"

void OCTET(uint row, uint k, uint k_size, uint out_size, out float v[8]) {
    [[unroll]] for (uint i = 0; i < 8; i++) v[i] = 0.0;
    if (row >= out_size || k >= k_size) return;
    if (PACKED != 0) {
        uint at = packed_row(row, packed_row_words(k_size));
        VALUES(at, k, SCALE(at, k), v);
        return;
    }
    [[unroll]] for (uint i = 0; i < 8; i++) {
        if (k + i >= k_size) break;
        uint e = weight_place(row, k + i, k_size, out_size);
        v[i] = stored_value(WEIGHT(stored_word(e), 0), e);
    }
}
#undef WEIGHT
#undef SCALE
#undef QUARTET
#undef VALUES
#undef OCTET
