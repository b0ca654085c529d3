// SPDX-License-Identifier: MIT
// Linear kernels with cooperative matrices and one weight. The including shader has its op's block and SHARES: every sum is shared out among so
// many workgroups, each with its stretch of k, and y has so many matrices of parts, one below the other.
#include "linear_matrix.glsl"

#define WEIGHT(row, i) weight.at[p.weight_offset + (row) + 8 * (i)]
#define SCALE weight_scale
#define QUARTET weight_quartet
#define VALUES weight_values
#define OCTET weight_octet
#include "weight_octet.glsl"

uint share;

#define PARTS 1
void a_octet(uint row, uint k, out float v[8]) { x_octet(row, k, p.k, v); }
void b_octet(uint part, uint column, uint k, out float v[8]) { weight_octet(column, k, p.k, p.out_size, v); }
#define FINISH(row, column, sum) finish(share * p.rows + (row), column, sum[0])
#include "matrix_tile.glsl"

void main() {
    uint id = group_id(p.grid_x), tiles = TILE_COUNT(p.out_size);
    share = id / tiles;
    if (share >= SHARES) return;
    uint turns = (p.k + TILE_K - 1) / TILE_K;
    uint from = turns * share / SHARES * TILE_K, to = turns * (share + 1) / SHARES * TILE_K;
    matrix_tile(TILE_AT(id % tiles), p.rows, p.out_size, from, min(to, p.k));
}
