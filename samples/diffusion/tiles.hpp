// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "field.hpp"

namespace hekla::diffusion {

/// A grid of overlapping tiles of one size over a picture, in units in which a tile's input and output both have whole sizes.
struct TileGrid {
    std::int64_t height, width;            ///< of the whole
    std::int64_t tile_height, tile_width;  ///< of a tile
    std::int64_t overlap;                  ///< of neighbours, at least
    std::vector<std::int64_t> ys,
        xs;  ///< where tiles begin; evenly spread, the last one ends where the whole does
};

/// Tiles of at most `size` along each side, overlapping by a quarter.
TileGrid tile_grid(std::int64_t height, std::int64_t width, std::int64_t size);

/// The part of image `n` under the tile at (y, x), where a unit is `scale` pixels: [1, channels, tile_height, tile_width] * scale.
std::vector<float> cut_tile(const Field& from, const TileGrid& grid, std::int64_t n, std::int64_t y,
                            std::int64_t x, std::int64_t scale);

/// Puts tiles together: where they overlap, each counts the more the farther a place is from its border.
class TileBlend {
  public:
    /// A unit of the grid is `scale` pixels here.
    TileBlend(Shape shape, const TileGrid& grid, std::int64_t scale);

    /// Planes `channel`, ... of image `n` from the tile at (y, x).
    void add(std::span<const float> tile, std::int64_t n, std::int64_t channel, std::int64_t y,
             std::int64_t x);
    Field finish();

  private:
    const TileGrid& grid_;
    std::int64_t scale_;
    Field sum_;
    Values weights_;  // of each pixel: the same for all images and planes
};

}  // namespace hekla::diffusion
