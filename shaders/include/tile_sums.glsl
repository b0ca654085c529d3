// SPDX-License-Identifier: MIT
// Defines TILE_SUMS(from, at, k_size, sums): sums over k of X_RUN(from, k) W[o, k], for the packed rows at `at`. The including shader says
// X_RUN(from, k), 16 values of x as a matrix, and WEIGHT(row, i), and SCALE, QUARTET, VALUES and TILE_SUMS as names of its own, once per weight.
// A turn of the loop is sixteen k, all written out: between turns a compiler for processors masks every sum.
#include "packed_values.glsl"

void TILE_SUMS(uint from[TILES], uint at, uint k_size, out mat4 sums[TILES]) {
    [[unroll]] for (uint t = 0; t < TILES; t++) sums[t] = mat4(0.0);
    for (uint k16 = 0; k16 < k_size; k16 += 16) {
        vec2 scale = SCALE(at, k16);
        [[unroll]] for (uint h = 0; h < 16; h += 8) {
            float v[8];
            VALUES(at, k16 + h, scale, v);
            [[unroll]] for (uint i = 0; i < 8; i++) {
                uint k = within(k16 + h + i, k_size);
                [[unroll]] for (uint t = 0; t < TILES; t++) sums[t] += X_RUN(from[t], k) * v[i];
            }
        }
    }
}
#undef WEIGHT
#undef SCALE
#undef QUARTET
#undef VALUES
#undef TILE_SUMS
