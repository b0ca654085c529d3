// SPDX-License-Identifier: MIT
// Defines ROWS_SUMS(tile, rows, k_size, out_size, sums): sums over k of x[r, k] W[o, k]. The including shader says WEIGHT(row, i), and SCALE,
// QUARTET, VALUES and ROWS_SUMS as names of its own, once per weight. What lies outside repeats the last row or group and is not stored.
#include "packed_values.glsl"

// Of quantised weights the numbers of elements k + 4 i + (0 to 3), and of those 16 further, each with its RAISE; k is a multiple of 32.
void QUARTETS(uint at, uint k, uint i, out vec4 low, out vec4 high) {
    uint block = k / BLOCK * BLOCK_WORDS;
    uint e = k % BLOCK;
    uvec2 words;             // four bits of each number
    uvec2 above = uvec2(0);  // the bits above these
    ivec2 from = ivec2(0);   // where they begin: in a byte of `words`,
    ivec2 above_from = ivec2(0);  // and in `above`, of which each next number begins above_step further
    int above_step = 8;
    uint bits = 15, above_bits = 0;
    if (STORED == STORED_Q8_0) {
        words = uvec2(WEIGHT(at, block + 1 + i), WEIGHT(at, block + 5 + i)) ^ 0x80808080;
        bits = 255;
    } else if (STORED <= STORED_Q5_1) {
        bool five = STORED >= STORED_Q5_0;
        words = uvec2(WEIGHT(at, block + (five ? 2 : 1) + i));
        from.y = 4;
        if (five) {
            above = uvec2(WEIGHT(at, block + 1));
            above_from = ivec2(4 * i, 16 + 4 * i);
            above_step = 1;
            above_bits = 1;
        }
    } else {
        uint first = block + i;
        if (STORED == STORED_Q6_K) {
            uint quarter = e % 128 / 32;
            first += e / 128 * 16 + quarter % 2 * 8;
            words = uvec2(WEIGHT(at, first), WEIGHT(at, first + 4)) >> (quarter < 2 ? 0 : 4);
            above = uvec2(WEIGHT(at, block + 32 + e / 128 * 8 + i), WEIGHT(at, block + 36 + e / 128 * 8 + i)) >> (2 * quarter);
            above_bits = 3;
        } else {
            first += (STORED == STORED_Q4_K ? 4 : 12) + e / 64 * 8;
            words = uvec2(WEIGHT(at, first), WEIGHT(at, first + 4)) >> (e % 64 < 32 ? 0 : 4);
            if (STORED == STORED_Q5_K) {
                above = uvec2(WEIGHT(at, block + 4 + i), WEIGHT(at, block + 8 + i)) >> (e / 32);
                above_bits = 1;
            }
        }
    }
    [[unroll]] for (int b = 0; b < 4; b++) {
        uint l = placed(words.x, from.x + 8 * b, PLACES.x, bits) | placed(above.x, above_from.x + above_step * b, PLACES.x + 4, above_bits);
        uint h = placed(words.y, from.y + 8 * b, PLACES.y, bits) | placed(above.y, above_from.y + above_step * b, PLACES.y + 4, above_bits);
        low[b] = uintBitsToFloat(raised(l, PLACES.x));
        high[b] = uintBitsToFloat(raised(h, PLACES.y));
    }
}

void ROWS_SUMS(uvec2 tile, uint rows, uint k_size, uint out_size, out float sums[SUMS]) {
    [[unroll]] for (uint i = 0; i < SUMS; i++) sums[i] = 0.0;
    uint from[ROWS];
    [[unroll]] for (uint r = 0; r < ROWS; r++) from[r] = AT2(x, uvec2(min(tile.x + r, rows - 1), 0)) / 4;
    uint words = packed_row_words(k_size);
    uint at[GROUPS];
    [[unroll]] for (uint j = 0; j < GROUPS; j++) at[j] = min(tile.y + j, weight_groups(out_size) - 1) * words;
    if (QUANTISED) {
        // The raised numbers are summed, and what the raise came to is taken away again with the scale of the sixteen or more.
        vec2 raise = vec2(RAISE(PLACES.x), RAISE(PLACES.y)) + (STORED == STORED_Q8_0 ? 128.0 : 0.0);
        for (uint k = eight() * 32; k < k_size; k += PARTS * 32) {
            float low[SUMS], high[SUMS];
            [[unroll]] for (uint i = 0; i < SUMS; i++) low[i] = high[i] = 0.0;
            vec4 low_total[ROWS], high_total[ROWS];
            [[unroll]] for (uint r = 0; r < ROWS; r++) low_total[r] = high_total[r] = vec4(apart_zero());
            [[unroll]] for (uint i = 0; i < 4; i++) {
                vec4 u[ROWS], v[ROWS];
                [[unroll]] for (uint r = 0; r < ROWS; r++) {
                    u[r] = x.at[from[r] + k / 4 + i];
                    v[r] = x.at[from[r] + k / 4 + 4 + i];
                    low_total[r] += u[r];
                    high_total[r] += v[r];
                }
                [[unroll]] for (uint j = 0; j < GROUPS; j++) {
                    vec4 a, b;
                    QUARTETS(at[j], k, i, a, b);
                    [[unroll]] for (uint r = 0; r < ROWS; r++) {
                        low[r * GROUPS + j] += u[r].x * a.x + u[r].y * a.y + (u[r].z * a.z + u[r].w * a.w);
                        high[r * GROUPS + j] += v[r].x * b.x + v[r].y * b.y + (v[r].z * b.z + v[r].w * b.w);
                    }
                }
            }
            [[unroll]] for (uint j = 0; j < GROUPS; j++) {
                vec2 s = SCALE(at[j], k);
                vec2 t = STORED == STORED_Q6_K ? SCALE(at[j], k + 16) : s;
                [[unroll]] for (uint r = 0; r < ROWS; r++) {
                    uint i = r * GROUPS + j;
                    float low_all = (low_total[r].x + low_total[r].y) + (low_total[r].z + low_total[r].w);
                    float high_all = (high_total[r].x + high_total[r].y) + (high_total[r].z + high_total[r].w);
                    sums[i] += (low[i] - low_all * raise.x) * s.x + (high[i] - high_all * raise.y) * t.x + (low_all * s.y + high_all * t.y);
                }
            }
        }
#ifdef ADDRESSED
    } else if (PAIRED) {
        float others[SUMS];
        [[unroll]] for (uint i = 0; i < SUMS; i++) others[i] = 0.0;
        for (uint k = 0; k < k_size; k += 16) {
            [[unroll]] for (uint h = 0; h < 16; h += 4) {
                vec2 u[ROWS];
                [[unroll]] for (uint r = 0; r < ROWS; r++) {
                    vec4 a = x.at[from[r] + within(k + h, k_size) / 4];
                    u[r] = mix(a.xz, a.yw, bvec2(is_odd()));
                }
                [[unroll]] for (uint j = 0; j < GROUPS; j++) {
                    uint i = at[j] / 8 + k / 16;
                    vec4 v = vec4(half_value(PAIR(i, h)), half_value(PAIR(i, h + 1)), half_value(PAIR(i, h + 2)), half_value(PAIR(i, h + 3)));
                    [[unroll]] for (uint r = 0; r < ROWS; r++) {
                        sums[r * GROUPS + j] += u[r].x * v.x + u[r].y * v.z;
                        others[r * GROUPS + j] += u[r].x * v.y + u[r].y * v.w;
                    }
                }
            }
        }
        [[unroll]] for (uint i = 0; i < SUMS; i++) sums[i] = paired_sum(sums[i], others[i]);
#endif
    } else {
        for (uint k16 = eight() * 16; k16 < k_size; k16 += PARTS * 16) {
            [[unroll]] for (uint h = 0; h < 16; h += 8) {
                vec4 u[2 * ROWS];
                [[unroll]] for (uint r = 0; r < ROWS; r++)
                    [[unroll]] for (uint q = 0; q < 2; q++) u[2 * r + q] = x.at[from[r] + within(k16 + h + 4 * q, k_size) / 4];
                [[unroll]] for (uint j = 0; j < GROUPS; j++) {
                    float v[8];
                    VALUES(at[j], k16 + h, vec2(1.0, 0.0), v);
                    [[unroll]] for (uint r = 0; r < ROWS; r++)
                        [[unroll]] for (uint q = 0; q < 2; q++) {
                            vec4 a = u[2 * r + q];
                            sums[r * GROUPS + j] += a.x * v[4 * q] + a.y * v[4 * q + 1] + (a.z * v[4 * q + 2] + a.w * v[4 * q + 3]);
                        }
                }
            }
        }
    }
    [[unroll]] for (uint i = 0; i < SUMS; i++) sums[i] = part_sum(sums[i]);
}
#undef WEIGHT
#undef PAIR
#undef SCALE
#undef QUARTET
#undef QUARTETS
#undef VALUES
#undef ROWS_SUMS
