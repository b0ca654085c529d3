// SPDX-License-Identifier: MIT
// q[r, o] = sum over k of x[r, k] Q[o, k], + q_bias[o]; k and v likewise, their workgroups following q's; for many rows, x in tiles.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "tiles.glsl"
#include "linear_qkv_op.glsl"

#define WEIGHT(row, i) OCTET(q_weight, (row) + (i))
#define SCALE q_scale
#define QUARTET q_quartet
#define VALUES q_values
#define TILE_SUMS q_sums
#include "tile_sums.glsl"

#define WEIGHT(row, i) OCTET(k_weight, (row) + (i))
#define SCALE k_scale
#define QUARTET k_quartet
#define VALUES k_values
#define TILE_SUMS k_sums
#include "tile_sums.glsl"

#define WEIGHT(row, i) OCTET(v_weight, (row) + (i))
#define SCALE v_scale
#define QUARTET v_quartet
#define VALUES v_values
#define TILE_SUMS v_sums
#include "tile_sums.glsl"

#define FINISH_Q(row, o, t, i) finish_q(row, o, sums[t][i / 4][i % 4])
#define FINISH_K(row, o, t, i) finish_k(row, o, sums[t][i / 4][i % 4])
#define FINISH_V(row, o, t, i) finish_v(row, o, sums[t][i / 4][i % 4])

void main() {
    uint id = group_id(p.grid_x);
    uint q_tiles = tile_count(p.rows, p.out_q);
    uint k_tiles = tile_count(p.rows, p.out_k);
    mat4 sums[TILES];
    if (id < q_tiles) {
        uvec2 tile = tile_at(id, p.rows);
        TILES_FROM(tile, p.rows, p.k_size, from)
        q_sums(from, weights_from(tile, p.k_size, p.out_q), p.k_size, sums);
        FOR_TILE(tile, p.rows, p.out_q, FINISH_Q)
    } else if (id < q_tiles + k_tiles) {
        uvec2 tile = tile_at(id - q_tiles, p.rows);
        TILES_FROM(tile, p.rows, p.k_size, from)
        k_sums(from, weights_from(tile, p.k_size, p.out_k), p.k_size, sums);
        FOR_TILE(tile, p.rows, p.out_k, FINISH_K)
    } else {
        uvec2 tile = tile_at(id - q_tiles - k_tiles, p.rows);
        TILES_FROM(tile, p.rows, p.k_size, from)
        v_sums(from, weights_from(tile, p.k_size, p.out_v), p.k_size, sums);
        FOR_TILE(tile, p.rows, p.out_v, FINISH_V)
    }
}
