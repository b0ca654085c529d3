// SPDX-License-Identifier: MIT
// As matmul.comp, with the sums of a linear layer: rows of a in tiles of 16, columns of b packed as weights are (ops tile_rows, pack_columns).
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "tiles.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(a)
    VIEW4(b)
    VIEW4(y)
    uint b0, b1, m, k, n;
} p;
TENSOR(1, readonly, A, X_TYPE, a)
WEIGHTS(2, B, b)
TENSOR(3, writeonly, Y, float, y)

#undef X_RUN
#define X_RUN(from, k) a.at[from + k]
#define WEIGHT(row, i) OCTET(b, (row) + (i))
#define SCALE b_scale
#define QUARTET b_quartet
#define VALUES b_values
#define TILE_SUMS b_sums
#include "tile_sums.glsl"

void main() {
    uint each = tile_count(p.m, p.n);
    uint id = min(group_id(p.grid_x), p.b0 * p.b1 * each - 1);
    uvec2 batch = uvec2(id / each / p.b1, id / each % p.b1);
    uvec2 tile = tile_at(id % each, p.m);
    if (LANES > 8 && tile.y >= weight_groups(p.n)) return;
    // Of a and b as they lie here, the strides of the leading axes are still true.
    uint from[TILES];
    [[unroll]] for (uint t = 0; t < TILES; t++)
        from[t] = AT2(a, batch) / 16 + min(tile.x + t, (p.m - 1) / 16) * p.k;
    mat4 tiles[TILES];
    b_sums(from, AT2(b, batch) / 8 + weights_from(tile, p.k, p.n), p.k, tiles);
    float sums[ROWS];
    in_a_row(tiles, tile, p.m, sums);
    uint o = output_of(tile);
    if (o < p.n)
        [[unroll]] for (uint i = 0; i < ROWS; i++) y.at[AT4(y, uvec4(batch, row_of(tile, i, p.m), o))] = sums[i];
}
