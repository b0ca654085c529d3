// SPDX-License-Identifier: MIT
// Defines ROWS_SUMS(tile, rows, k_size, out_size, sums): sums over k of x[r, k] W[o, k]. The including shader says WEIGHT(i), PAIR and
// ROWS_SUMS, once per weight. What lies outside rows and outputs repeats the last ones and is not stored.
#include "weight_pair.glsl"

void ROWS_SUMS(uvec2 tile, uint rows, uint k_size, uint out_size, out float sums[SUMS]) {
    for (uint i = 0; i < SUMS; i++) sums[i] = 0.0;
    uint from[ROWS];
    for (uint r = 0; r < ROWS; r++) from[r] = AT2(x, uvec2(min(tile.x + r, rows - 1), 0));
    uint at[OUTS];
    for (uint j = 0; j < OUTS; j++) at[j] = min(tile.y + j, out_size - 1) * k_size;
    uint last = k_size * out_size - 1;

    for (uint k = 2 * gl_LocalInvocationID.x; k + 2 <= k_size; k += 2 * LANES) {
        vec2 w[OUTS];
        for (uint j = 0; j < OUTS; j++) w[j] = PAIR(at[j] + k, last);
        for (uint r = 0; r < ROWS; r++) {
            vec2 u = vec2(x[from[r] + k], x[from[r] + k + 1]);
            for (uint j = 0; j < OUTS; j++) sums[r * OUTS + j] += u.x * w[j].x + u.y * w[j].y;
        }
    }
    if (k_size % 2 != 0 && gl_LocalInvocationID.x == 0) {
        uint k = k_size - 1;
        for (uint j = 0; j < OUTS; j++) {
            float w = stored_value(WEIGHT(stored_word(at[j] + k)), at[j] + k);
            for (uint r = 0; r < ROWS; r++) sums[r * OUTS + j] += x[from[r] + k] * w;
        }
    }
    for (uint i = 0; i < SUMS; i++) sums[i] = group_sum(sums[i]);
}
#undef WEIGHT
#undef PAIR
#undef ROWS_SUMS
