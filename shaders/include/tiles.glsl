// SPDX-License-Identifier: MIT
// TILES * 16 x LANES sums per workgroup, for many rows: x comes in tiles of 16 rows (op tile_rows), so what an invocation reads of it is
// one stretch, the same for all, and every invocation holds the sums of one output for all rows.
#define X_TYPE mat4
#include "linear_fast.glsl"

layout(constant_id = 5) const uint TILES = 1;

#include "in_a_row.glsl"

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

// Calls f(row, o, i) for every sum that there is, the i-th of the invocation's.
#define FOR_TILE(tile, row_count, out_size, f) \
    { \
        uint o = tile.y * 8 + gl_LocalInvocationID.x % 8; \
        STORING for (uint i = 0; i < ROWS; i++) { \
            uint row = tile.x * 16 + i; \
            if (row < row_count && o < out_size) f(row, o, i); \
        } \
    }
