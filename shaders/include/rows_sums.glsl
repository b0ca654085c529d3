// SPDX-License-Identifier: MIT
// Defines ROWS_SUMS(tile, rows, k_size, out_size, sums): sums over k of x[r, k] W[o, k]. The including shader says WEIGHT(row, i), and SCALE,
// QUARTET, VALUES and ROWS_SUMS as names of its own, once per weight. What lies outside repeats the last row or group and is not stored.
#include "packed_values.glsl"

void ROWS_SUMS(uvec2 tile, uint rows, uint k_size, uint out_size, out float sums[SUMS]) {
    [[unroll]] for (uint i = 0; i < SUMS; i++) sums[i] = 0.0;
    uint from[ROWS];
    [[unroll]] for (uint r = 0; r < ROWS; r++) from[r] = AT2(x, uvec2(min(tile.x + r, rows - 1), 0)) / 4;
    uint words = packed_row_words(k_size);
    uint at[GROUPS];
    [[unroll]] for (uint j = 0; j < GROUPS; j++) at[j] = min(tile.y + j, weight_groups(out_size) - 1) * words;
    for (uint k16 = eight() * 16; k16 < k_size; k16 += PARTS * 16) {
        // Of quantised weights the whole numbers are summed, and the scale is applied to the sums of sixteen.
        float turn[SUMS];
        [[unroll]] for (uint i = 0; i < SUMS; i++) turn[i] = 0.0;
        vec4 total[ROWS];
        [[unroll]] for (uint r = 0; r < ROWS; r++) total[r] = vec4(0.0);
        [[unroll]] for (uint h = 0; h < 16; h += 8) {
            vec4 u[2 * ROWS];
            [[unroll]] for (uint r = 0; r < ROWS; r++)
                [[unroll]] for (uint q = 0; q < 2; q++) {
                    u[2 * r + q] = x.at[from[r] + within(k16 + h + 4 * q, k_size) / 4];
                    total[r] += u[2 * r + q];
                }
            [[unroll]] for (uint j = 0; j < GROUPS; j++) {
                float v[8];
                VALUES(at[j], k16 + h, vec2(1.0, 0.0), v);
                [[unroll]] for (uint r = 0; r < ROWS; r++)
                    [[unroll]] for (uint q = 0; q < 2; q++) {
                        vec4 a = u[2 * r + q];
                        turn[r * GROUPS + j] += a.x * v[4 * q] + a.y * v[4 * q + 1] + (a.z * v[4 * q + 2] + a.w * v[4 * q + 3]);
                    }
            }
        }
        [[unroll]] for (uint j = 0; j < GROUPS; j++) {
            vec2 scale = SCALE(at[j], k16);
            [[unroll]] for (uint r = 0; r < ROWS; r++) {
                uint i = r * GROUPS + j;
                float all = (total[r].x + total[r].y) + (total[r].z + total[r].w);
                sums[i] += QUANTISED ? turn[i] * scale.x + all * scale.y : turn[i];
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
