// SPDX-License-Identifier: MIT
// Defines float SUM(row, o, k_size, out_size): the sum over k of x[row, k] W[o, k], in order. The including shader says WEIGHT(row, i), and SCALE,
// QUARTET, VALUES and SUM as names of its own, once per weight.
#include "packed_values.glsl"

float SUM(uint row, uint o, uint k_size, uint out_size) {
    float sum = 0.0;
    uint from = AT2(x, uvec2(row, 0));
    if (PACKED == 0) {
        for (uint k = 0; k < k_size; k++) {
            uint e = weight_place(o, k, k_size, out_size);
            sum += x.at[from + k * p.x_s1] * stored_value(WEIGHT(stored_word(e), 0), e);
        }
        return sum;
    }
    uint at = packed_row(o, packed_row_words(k_size));
    for (uint k = 0; k < k_size; k += 8) {
        float v[8];
        VALUES(at, k, SCALE(at, k), v);
        for (uint i = 0; i < min(k_size - k, 8); i++) sum += x.at[from + (k + i) * p.x_s1] * v[i];
    }
    return sum;
}
#undef WEIGHT
#undef SCALE
#undef QUARTET
#undef VALUES
#undef SUM
