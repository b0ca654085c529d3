// SPDX-License-Identifier: MIT
// ROWS x LANES sums per workgroup, for many rows: x comes in tiles of ROWS rows (op tile_rows), so what an invocation reads of it is one
// stretch, the same for all, and every invocation holds ROWS sums of one output.
#define TILED_X
#include "linear_fast.glsl"

// Workgroups of one weight; (tile of x, group of the weight's rows) of this invocation. Tiles of x lie closest: weights are read once.
uint tile_count(uint rows, uint out_size) { return ((rows + ROWS - 1) / ROWS) * ((out_size + LANES - 1) / LANES); }
uvec2 tile_at(uint id, uint rows) {
    uint row_tiles = (rows + ROWS - 1) / ROWS;
    return uvec2(id % row_tiles, id / row_tiles * (LANES / 8) + gl_LocalInvocationID.x / 8);
}

// Calls f(row, o, i) for every sum that there is; i is the sum's number.
#define FOR_TILE(tile, row_count, out_size, f) \
    { \
        uint o = tile.y * 8 + gl_LocalInvocationID.x % 8; \
        [[unroll]] for (uint i = 0; i < ROWS; i++) { \
            uint row = tile.x * ROWS + i; \
            if (row < row_count && o < out_size) f(row, o, i); \
        } \
    }
