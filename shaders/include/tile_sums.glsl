// SPDX-License-Identifier: MIT
// Defines TILE_SUMS(tile, k_size, out_size, sums): sums over k of x[r, k] W[o, k]. The including shader says WEIGHT(i), and SCALE, QUARTET,
// VALUES and TILE_SUMS as names of its own, once per weight. Rows that x lacks are zero in its last tile; groups past the last one repeat
// it and are not stored.
#include "packed_values.glsl"

void TILE_SUMS(uvec2 tile, uint k_size, uint out_size, out vec4 sums[QUADS]) {
    [[unroll]] for (uint i = 0; i < QUADS; i++) sums[i] = vec4(0.0);
    uint at = min(tile.y, weight_groups(out_size) - 1) * 8 * packed_row_words(k_size) + gl_LocalInvocationID.x % 8;
    uint from = (p.x_offset + tile.x * k_size * ROWS) / 4;
    for (uint k16 = 0; k16 < k_size; k16 += 16) {
        vec2 scale = SCALE(at, k16);
        [[unroll]] for (uint k = k16; k < k16 + 16; k += 8) {
            if (!QUANTISED && k >= k_size) break;
            float v[8];
            VALUES(at, k, scale, v);
            [[unroll]] for (uint i = 0; i < 8; i++) {
                if (TAIL == 0 || k + i < k_size) {
                    [[unroll]] for (uint r = 0; r < QUADS; r++) {
                        sums[r] += x_tiles[from + (k + i) * QUADS + r] * v[i];
                    }
                }
            }
        }
    }
}
#undef WEIGHT
#undef SCALE
#undef QUARTET
#undef VALUES
#undef TILE_SUMS
