// SPDX-License-Identifier: MIT
// y[r, o] = sum over k of x[r, k] W[o, k], + bias[o]; for many rows, x in tiles.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "tiles.glsl"
#include "linear_op.glsl"

#define WEIGHT(row, i) OCTET(weight, (row) + (i))
#define SCALE weight_scale
#define QUARTET weight_quartet
#define VALUES weight_values
#define TILE_SUMS weight_sums
#include "tile_sums.glsl"

#define BIAS(o) bias.at[p.bias_offset + o]
#define Y(row, o) y.at[AT2(y, uvec2(row, o))]

void main() {
    uvec2 tile = tile_at(group_id(p.grid_x), p.rows);
    TILES_FROM(tile, p.rows, p.k, from)
    if (tile.y >= weight_groups(p.out_size)) return;
    mat4 tiles[TILES];
    weight_sums(from, weights_from(tile, p.k, p.out_size), p.k, tiles);
    float sums[ROWS];
    in_a_row(tiles, tile, p.rows, sums);
    STORE_SUMS(tile, p.rows, p.out_size, BIAS, Y)
}
