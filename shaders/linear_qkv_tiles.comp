// SPDX-License-Identifier: MIT
// q[r, o] = sum over k of x[r, k] Q[o, k], + q_bias[o]; k and v likewise, their workgroups following q's; for many rows, x in tiles.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "tiles.glsl"
#include "linear_qkv_op.glsl"

#ifdef ADDRESSED
// By address the three parts are one code over different tensors, which takes a driver a third of the time to compile.
QWeight part_weight;
QBias part_bias;
Q part_out;
uvec3 part_at;  // of the output: offset and strides
uint part_bias_offset;

void choose_part(uint part) {
    part_weight = QWeight(part == 0 ? uvec2(p.q_weight_low, p.q_weight_high) : part == 1 ? uvec2(p.k_weight_low, p.k_weight_high) : uvec2(p.v_weight_low, p.v_weight_high));
    part_bias = QBias(part == 0 ? uvec2(p.q_bias_low, p.q_bias_high) : part == 1 ? uvec2(p.k_bias_low, p.k_bias_high) : uvec2(p.v_bias_low, p.v_bias_high));
    part_out = Q(part == 0 ? uvec2(p.q_low, p.q_high) : part == 1 ? uvec2(p.k_low, p.k_high) : uvec2(p.v_low, p.v_high));
    part_at = part == 0 ? uvec3(p.q_offset, p.q_s0, p.q_s1) : part == 1 ? uvec3(p.k_offset, p.k_s0, p.k_s1) : uvec3(p.v_offset, p.v_s0, p.v_s1);
    part_bias_offset = part == 0 ? p.q_bias_offset : part == 1 ? p.k_bias_offset : p.v_bias_offset;
}

#define WEIGHT(row, i) OCTET(part_weight, (row) + (i))
#define SCALE part_scale
#define QUARTET part_quartet
#define VALUES part_values
#define TILE_SUMS part_sums
#include "tile_sums.glsl"

#define BIAS(o) part_bias.at[part_bias_offset + o]
#define Y(row, o) part_out.at[part_at.x + (row) * part_at.y + (o) * part_at.z]

void main() {
    uint id = group_id(p.grid_x);
    uint q_tiles = tile_count(p.rows, p.out_q);
    uint k_tiles = tile_count(p.rows, p.out_k);
    uint part = id < q_tiles ? 0 : id < q_tiles + k_tiles ? 1 : 2;
    choose_part(part);
    uint out_size = part == 0 ? p.out_q : part == 1 ? p.out_k : p.out_v;
    uvec2 tile = tile_at(id - (part == 0 ? 0 : part == 1 ? q_tiles : q_tiles + k_tiles), p.rows);
    TILES_FROM(tile, p.rows, p.k_size, from)
    mat4 tiles[TILES];
    part_sums(from, weights_from(tile, p.k_size, out_size), p.k_size, tiles);
    float sums[ROWS];
    in_a_row(tiles, tile, p.rows, sums);
    STORE_SUMS(tile, p.rows, out_size, BIAS, Y)
}
#else

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

#define Q_BIAS(o) q_bias.at[p.q_bias_offset + o]
#define Q_AT(row, o) q.at[AT2(q, uvec2(row, o))]
#define K_BIAS(o) k_bias.at[p.k_bias_offset + o]
#define K_AT(row, o) k.at[AT2(k, uvec2(row, o))]
#define V_BIAS(o) v_bias.at[p.v_bias_offset + o]
#define V_AT(row, o) v.at[AT2(v, uvec2(row, o))]

void main() {
    uint id = group_id(p.grid_x);
    uint q_tiles = tile_count(p.rows, p.out_q);
    uint k_tiles = tile_count(p.rows, p.out_k);
    mat4 tiles[TILES];
    if (id < q_tiles) {
        uvec2 tile = tile_at(id, p.rows);
        TILES_FROM(tile, p.rows, p.k_size, from)
        q_sums(from, weights_from(tile, p.k_size, p.out_q), p.k_size, tiles);
        float sums[ROWS];
        in_a_row(tiles, tile, p.rows, sums);
        STORE_SUMS(tile, p.rows, p.out_q, Q_BIAS, Q_AT)
    } else if (id < q_tiles + k_tiles) {
        uvec2 tile = tile_at(id - q_tiles, p.rows);
        TILES_FROM(tile, p.rows, p.k_size, from)
        k_sums(from, weights_from(tile, p.k_size, p.out_k), p.k_size, tiles);
        float sums[ROWS];
        in_a_row(tiles, tile, p.rows, sums);
        STORE_SUMS(tile, p.rows, p.out_k, K_BIAS, K_AT)
    } else {
        uvec2 tile = tile_at(id - q_tiles - k_tiles, p.rows);
        TILES_FROM(tile, p.rows, p.k_size, from)
        v_sums(from, weights_from(tile, p.k_size, p.out_v), p.k_size, tiles);
        float sums[ROWS];
        in_a_row(tiles, tile, p.rows, sums);
        STORE_SUMS(tile, p.rows, p.out_v, V_BIAS, V_AT)
    }
}
#endif
