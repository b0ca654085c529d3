// SPDX-License-Identifier: MIT
// Defines TILE_SUMS(tile, rows, k_size, out_size, sums): sums over k of x[r, k] W[o, k]. The including shader says WEIGHT(row, i), and SCALE,
// QUARTET, VALUES and TILE_SUMS as names of its own, once per weight. Tiles and groups past the last repeat it and are not stored.
// A turn of the loop is sixteen k, all written out: between turns a compiler for processors masks every sum.
#include "packed_values.glsl"

void TILE_SUMS(uvec2 tile, uint rows, uint k_size, uint out_size, out mat4 sums[TILES]) {
    uint from[TILES];
    [[unroll]] for (uint t = 0; t < TILES; t++) {
        from[t] = p.x_offset / 16 + min(tile.x + t, (rows - 1) / 16) * k_size;
        sums[t] = mat4(0.0);
    }
    uint at = min(tile.y, weight_groups(out_size) - 1) * packed_row_words(k_size);
    for (uint k16 = 0; k16 < k_size; k16 += 16) {
        vec2 scale = SCALE(at, k16);
        [[unroll]] for (uint h = 0; h < 16; h += 8) {
            float v[8];
            VALUES(at, k16 + h, scale, v);
            [[unroll]] for (uint i = 0; i < 8; i++) {
                uint k = within(k16 + h + i, k_size);
                [[unroll]] for (uint t = 0; t < TILES; t++) sums[t] += x.at[from[t] + k] * v[i];
            }
        }
    }
}
#undef WEIGHT
#undef SCALE
#undef QUARTET
#undef VALUES
#undef TILE_SUMS
