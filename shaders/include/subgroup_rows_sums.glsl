// SPDX-License-Identifier: MIT
// Defines SUBGROUP_SUMS(part, group, k_size): keeps the sums over k of x[r, k] W[o, k] of one group of rows. The including shader says
// WEIGHT(row, i), WEIGHT_QUAD(i), and SCALE, QUARTET, VALUES and SUBGROUP_SUMS as names of its own, once per weight.
#include "packed_values.glsl"
#include "norm_within.glsl"

void SUBGROUP_SUMS(uint part, uint group, uint k_size) {
    uint words = packed_row_words(k_size);
    uint lane = gl_LocalInvocationIndex;
    uint from[ROWS];
    [[unroll]] for (uint r = 0; r < ROWS; r++) from[r] = AT2(x, uvec2(r, 0));
    float squares[ROWS];
    [[unroll]] for (uint r = 0; r < ROWS; r++) squares[r] = 0.0;
    if (QUANTISED) {  // a row of the weight and eight k at a time
        float sums[ROWS];
        [[unroll]] for (uint r = 0; r < ROWS; r++) sums[r] = 0.0;
        uint at = group * 8 * words + lane % 8;
        for (uint k = lane / 8 * 8; k < k_size; k += INVOCATIONS) {
            float v[8];
            VALUES(at, k, SCALE(at, k), v);
            if (NORM != 0)
                [[unroll]] for (uint i = 0; i < 8; i++) v[i] *= norm_gain(k + i);
            [[unroll]] for (uint r = 0; r < ROWS; r++)
                [[unroll]] for (uint i = 0; i < 8; i++) {
                    float u = x.at[from[r] + k + i];
                    sums[r] += u * v[i];
                    squares[r] += lane % 8 == 0 ? u * u : 0.0;
                }
        }
        if (NORM != 0) {
            if (part == 0) take_norm_factors(squares, k_size);
            [[unroll]] for (uint r = 0; r < ROWS; r++) sums[r] *= norm_factors[r];
        }
        [[unroll]] for (uint r = 0; r < ROWS; r++)
            [[unroll]] for (uint o = 0; o < 8; o++) keep_sum(part, r * 8 + o, lane % 8 == o ? sums[r] : 0.0);
        return;
    }
    // One word of four rows; beyond the last word of a row, and of x, what is read is finite and counts nothing.
    vec4 sums[ROWS];
    [[unroll]] for (uint r = 0; r < ROWS; r++) sums[r] = vec4(0.0);
    uint first = group * 2 * words + lane % 2;
    uint each = STORED == STORED_F32 ? 1 : 2;
    for (uint word = lane / 2; word < words; word += AHEAD * INVOCATIONS / 2) {
        uvec4 quads[AHEAD];
        [[unroll]] for (uint i = 0; i < AHEAD; i++) {
            uint at = word + i * (INVOCATIONS / 2);
            quads[i] = WEIGHT_QUAD(first + min(at, words - 1) * 2);
            if (at >= words) quads[i] = uvec4(0);
        }
        [[unroll]] for (uint i = 0; i < AHEAD; i++) {
            uint k = (word + i * (INVOCATIONS / 2)) * each;
            uint k0 = min(k, k_size - 1), k1 = min(k + 1, k_size - 1);
            vec2 gain = vec2(norm_gain(k0), norm_gain(k1));
            vec2 counts = lane % 2 == 0 ? vec2(k < k_size, each == 2 && k + 1 < k_size) : vec2(0.0);
            [[unroll]] for (uint r = 0; r < ROWS; r++) {
                vec2 u = vec2(x.at[from[r] + k0], x.at[from[r] + k1]);
                squares[r] += dot(u * u, counts);
                u *= gain;
                [[unroll]] for (uint o = 0; o < 4; o++) {
                    vec2 pair = STORED == STORED_F32 ? vec2(uintBitsToFloat(quads[i][o]), 0.0) : stored_pair(quads[i][o]);
                    sums[r][o] += dot(u, pair);
                }
            }
        }
    }
    if (NORM != 0) {
        if (part == 0) take_norm_factors(squares, k_size);
        [[unroll]] for (uint r = 0; r < ROWS; r++) sums[r] *= norm_factors[r];
    }
    [[unroll]] for (uint r = 0; r < ROWS; r++)
        [[unroll]] for (uint o = 0; o < 8; o++) keep_sum(part, r * 8 + o, lane % 2 == o / 4 ? sums[r][o % 4] : 0.0);
}
#undef WEIGHT
#undef WEIGHT_QUAD
#undef SCALE
#undef QUARTET
#undef VALUES
#undef SUBGROUP_SUMS
