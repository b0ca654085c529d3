// SPDX-License-Identifier: MIT
// What group_norm.comp and norm_apply.comp do when the moments are known. Needs x, y, ACT and eights.glsl.

/// y[to + i] = act((x[from + i] - shift - mean) * scale + bias), i in [0, count).
void apply_moments(uint from, uint to, uint count, float shift, float mean, float scale, float bias_here) {
    Row row = ROW(x, from);
    for (uint first = 0; first < count; first += TURN) {
        float values[EIGHTS];
        [[unroll]] for (uint j = 0; j < EIGHTS; j++) {
            float value = (OWN(x, row, eight_of(first, j), count - 1) - shift) - mean;
            values[j] = activate_sloped(ACT, value * scale + bias_here, p.slope);
        }
        [[unroll]] for (uint j = 0; j < EIGHTS; j++) {
            uint i = element_of(first, j);
            if (i < count) y.at[to + i] = values[j];
        }
    }
}
