// SPDX-License-Identifier: MIT
// What is done with an invocation's sums, of so many rows or places: STORING for (uint i = 0; i < ROWS; i++) ... sums[i], after
// in_a_row(tiles, sums).
const uint ROWS = TILES * 16;

// The sums one after the other. An array that is indexed by a variable lies in memory: not the one that the loop over k adds to.
void in_a_row(mat4 tiles[TILES], out float sums[ROWS]) {
    [[unroll]] for (uint i = 0; i < ROWS; i++) sums[i] = tiles[i / 16][i / 4 % 4][i % 4];
}
