// SPDX-License-Identifier: MIT
// A tile of ROWS x (OUTS * LANES) sums per workgroup: invocations lie along the outputs, x is the same for all of them.
#include "linear_fast.glsl"

// The j-th output of this invocation, in the tile that begins at `first`. With layout [in, out] they come in adjacent pairs.
uint tile_out(uint first, uint j) {
    uint lane = gl_LocalInvocationID.x;
    return LAYOUT == 0 ? first + lane + j * LANES : first + 2 * (lane + j / 2 * LANES) + j % 2;
}

// Tiles of one weight, and where this workgroup's stands: (row, first output). Row tiles lie closest, so that weights are read once.
uint tile_count(uint rows, uint out_size) {
    return ((rows + ROWS - 1) / ROWS) * ((out_size + OUTS * LANES - 1) / (OUTS * LANES));
}
uvec2 tile_at(uint id, uint rows) {
    uint row_tiles = (rows + ROWS - 1) / ROWS;
    return uvec2(id % row_tiles * ROWS, id / row_tiles * OUTS * LANES);
}

// Calls f(row, o, i) for every sum of the tile that there is; i is the sum's number.
#define FOR_TILE(tile, row_count, out_size, f) \
    for (uint r = 0; r < ROWS; r++) { \
        for (uint j = 0; j < OUTS; j++) { \
            uint o = tile_out(tile.y, j); \
            if (tile.x + r < row_count && o < out_size) f(tile.x + r, o, r * OUTS + j); \
        } \
    }
