// SPDX-License-Identifier: MIT
// Defines TILE_SUMS(tile, rows, k_size, out_size, sums): sums over k of x[r, k] W[o, k]. The including shader says WEIGHT(i), PAIR and
// TILE_SUMS, once per weight. What lies outside rows and outputs repeats the last ones and is not stored.
#include "weight_pair.glsl"

void TILE_SUMS(uvec2 tile, uint rows, uint k_size, uint out_size, out float sums[SUMS]) {
    for (uint i = 0; i < SUMS; i++) sums[i] = 0.0;
    uint from[ROWS];
    for (uint r = 0; r < ROWS; r++) from[r] = AT2(x, uvec2(min(tile.x + r, rows - 1), 0));
    uint last = k_size * out_size - 1;

    if (LAYOUT == 0) {
        uint at[OUTS];
        for (uint j = 0; j < OUTS; j++) at[j] = min(tile_out(tile.y, j), out_size - 1) * k_size;
        uint k = 0;
        for (; k + 8 <= k_size; k += 8) {
            for (uint step = 0; step < 8; step += 2) {
                vec2 w[OUTS];
                for (uint j = 0; j < OUTS; j++) w[j] = PAIR(at[j] + k + step, last);
                for (uint r = 0; r < ROWS; r++) {
                    vec2 u = vec2(x[from[r] + k + step], x[from[r] + k + step + 1]);
                    for (uint j = 0; j < OUTS; j++) sums[r * OUTS + j] += u.x * w[j].x + u.y * w[j].y;
                }
            }
        }
        for (; k < k_size; k++) {
            for (uint j = 0; j < OUTS; j++) {
                float w = stored_value(WEIGHT(stored_word(at[j] + k)), at[j] + k);
                for (uint r = 0; r < ROWS; r++) sums[r * OUTS + j] += x[from[r] + k] * w;
            }
        }
    } else {
        uint at[OUTS / 2];
        for (uint j = 0; j < OUTS / 2; j++) at[j] = min(tile_out(tile.y, 2 * j), (out_size - 1) & ~1u);
        for (uint k = 0; k < k_size; k++) {
            vec2 w[OUTS / 2];
            for (uint j = 0; j < OUTS / 2; j++) w[j] = PAIR(k * out_size + at[j], last);
            for (uint r = 0; r < ROWS; r++) {
                float u = x[from[r] + k];
                for (uint j = 0; j < OUTS / 2; j++) {
                    sums[r * OUTS + 2 * j] += u * w[j].x;
                    sums[r * OUTS + 2 * j + 1] += u * w[j].y;
                }
            }
        }
    }
}
#undef WEIGHT
#undef PAIR
#undef TILE_SUMS
