// SPDX-License-Identifier: MIT
// Defines ROWS_SUMS(tile, rows, k_size, out_size, sums): sums over k of x[r, k] W[o, k]. The including shader says WEIGHT(i), and SCALE,
// QUARTET, VALUES and ROWS_SUMS as names of its own, once per weight. What lies outside repeats the last row or group and is not stored.
#include "packed_values.glsl"

void ROWS_SUMS(uvec2 tile, uint rows, uint k_size, uint out_size, out float sums[SUMS]) {
    [[unroll]] for (uint i = 0; i < SUMS; i++) sums[i] = 0.0;
    uint from[ROWS];
    [[unroll]] for (uint r = 0; r < ROWS; r++) from[r] = AT2(x, uvec2(min(tile.x + r, rows - 1), 0));
    uint words = packed_row_words(k_size);
    uint at[GROUPS];
    [[unroll]] for (uint j = 0; j < GROUPS; j++) {
        at[j] = min(tile.y + j, weight_groups(out_size) - 1) * 8 * words + gl_LocalInvocationID.x % 8;
    }
    for (uint k16 = gl_LocalInvocationID.x / 8 * 16; k16 < k_size; k16 += PARTS * 16) {
        vec2 scale[GROUPS];
        [[unroll]] for (uint j = 0; j < GROUPS; j++) scale[j] = SCALE(at[j], k16);
        [[unroll]] for (uint k = k16; k < k16 + 16; k += 8) {
            if (!QUANTISED && k >= k_size) break;
            float u[ROWS * 8];
            [[unroll]] for (uint i = 0; i < ROWS * 8; i++) {
                uint at_k = k + i % 8;
                u[i] = TAIL == 0 || at_k < k_size ? x[from[i / 8] + at_k] : 0.0;
            }
            [[unroll]] for (uint j = 0; j < GROUPS; j++) {
                float v[8];
                VALUES(at[j], k, scale[j], v);
                [[unroll]] for (uint r = 0; r < ROWS; r++) {
                    [[unroll]] for (uint i = 0; i < 8; i++) sums[r * GROUPS + j] += u[r * 8 + i] * v[i];
                }
            }
        }
    }
    [[unroll]] for (uint i = 0; i < SUMS; i++) sums[i] = part_sum(sums[i]);
}
#undef WEIGHT
#undef SCALE
#undef QUARTET
#undef VALUES
#undef ROWS_SUMS
