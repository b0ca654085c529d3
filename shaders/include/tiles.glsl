// SPDX-License-Identifier: MIT
// TILES * 16 x LANES sums per workgroup, for many rows: x comes in tiles of 16 rows (op tile_rows), so what an invocation reads of it is
// one stretch, the same for all, and every invocation holds the sums of one output for all rows.
#define X_TYPE mat4
#include "linear_fast.glsl"

layout(constant_id = 5) const uint TILES = 1;

const uint ROWS = TILES * 16;

// Workgroups of one weight; (first tile of x, group of the weight's rows) of this invocation. Tiles of x lie closest: weights are read once.
uint tile_count(uint rows, uint out_size) { return ((rows + ROWS - 1) / ROWS) * ((out_size + LANES - 1) / LANES); }
uvec2 tile_at(uint id, uint rows) {
    uint row_tiles = (rows + ROWS - 1) / ROWS;
    return uvec2(id % row_tiles * TILES, id / row_tiles * (LANES / 8) + eight());
}

#define X_RUN(from, k) x.at[from + k]

// Where the tiles of x and the rows of a packed weight begin; those past the last repeat it and are not stored.
#define TILES_FROM(tile, rows, k_size, from) \
    uint from[TILES]; \
    [[unroll]] for (uint t = 0; t < TILES; t++) from[t] = p.x_offset / 16 + min(tile.x + t, (rows - 1) / 16) * k_size;
uint weights_from(uvec2 tile, uint k_size, uint out_size) {
    return min(tile.y, weight_groups(out_size) - 1) * packed_row_words(k_size);
}

// The sums one after the other; those of rows past the last repeat its, so that they may be stored there: a condition for each store
// takes a CPU's compiler longer than all the rest.
void in_a_row(mat4 tiles[TILES], uvec2 tile, uint row_count, out float sums[ROWS]) {
    sums[0] = tiles[0][0][0];
    [[unroll]] for (uint i = 1; i < ROWS; i++) sums[i] = tile.x * 16 + i < row_count ? tiles[i / 16][i / 4 % 4][i % 4] : sums[i - 1];
}

// Row of the invocation's i-th sum, and the output of all of them.
uint row_of(uvec2 tile, uint i, uint row_count) { return min(tile.x * 16 + i, row_count - 1); }
uint output_of(uvec2 tile) { return tile.y * 8 + gl_LocalInvocationID.x % 8; }

// Stores the sums, with a bias where there is one. BIAS(o) and Y(row, o) say where the two are.
#define STORE_SUMS(tile, row_count, out_size, BIAS, Y) \
    { \
        uint o = output_of(tile); \
        if (o < out_size) { \
            float added = p.has_bias != 0 ? BIAS(o) : 0.0; \
            [[unroll]] for (uint i = 0; i < ROWS; i++) Y(row_of(tile, i, row_count), o) = sums[i] + added; \
        } \
    }
