// SPDX-License-Identifier: MIT
// What the linear kernels with cooperative matrices share: A is x, B the weight or weights. The including shader has its op's block, defines
// PARTS, b_octet and FINISH, and calls matrix_tile. Spec constants: 3 STORED, 4 is the op's, 5 LAYOUT, 6 PACKED, those of
// matrix_tile.glsl, 18 X_QUADS.
layout(constant_id = 18) const uint X_QUADS = 0;  // 1: rows of x may be read as vec4

layout(binding = 1) readonly buffer XQuads { vec4 x_quads[]; };

void x_octet(uint row, uint k, uint k_size, out float v[8]) {
    [[unroll]] for (uint i = 0; i < 8; i++) v[i] = 0.0;
    if (row >= p.rows) return;
    uint at = AT2(x, uvec2(row, k));
    if (X_QUADS != 0 && k + 8 <= k_size) {
        [[unroll]] for (uint h = 0; h < 2; h++) {
            vec4 quad = x_quads[at / 4 + h];
            [[unroll]] for (uint i = 0; i < 4; i++) v[4 * h + i] = quad[i];
        }
    } else {
        [[unroll]] for (uint i = 0; i < 8; i++)
            if (k + i < k_size) v[i] = x.at[at + i];
    }
}

// Packed rows lie in eights, so neighbours take neighbouring rows; else the same row.
#define A_UNIT(i) octets_first(i)
#define B_UNIT(i) (PACKED != 0 || LAYOUT == 1 ? rows_first(i, PARTS * TILE_N) : octets_first(i))

// Tile number `id` of those with out_size columns: its first row and column. Tiles of rows lie closest: weights are read once.
#define TILE_COUNT(out_size) (((p.rows + TILE_M - 1) / TILE_M) * (((out_size) + TILE_N - 1) / TILE_N))
#define TILE_AT(id) (uvec2((id) % ((p.rows + TILE_M - 1) / TILE_M) * TILE_M, (id) / ((p.rows + TILE_M - 1) / TILE_M) * TILE_N))
