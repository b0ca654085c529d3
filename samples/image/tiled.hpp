// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>

#include "picture_filter.hpp"

namespace hekla::image {

struct TileSettings {
    std::int64_t side =
        0;  ///< longest side of a window, overlaps included; 0: as the memory budget allows, 512 at most
    std::int64_t overlap =
        -1;  ///< pixels on each side that the model sees and are not kept; -1: measured
};

/// How a picture is cut.
struct Tiling {
    std::int64_t height = 0,
                 width = 0;  ///< the picture's, filled up by reflection to what the model takes
    std::int64_t window_height = 0, window_width = 0;  ///< as large as the picture: it is run whole
    std::int64_t overlap = 0;
    bool blend =
        false;  ///< the model looks at the whole picture, which tiles cannot show it: results depend on the tiles

    bool whole() const { return window_height >= height && window_width >= width; }
};

/// Decides by limits, memory and the model's reach. Throws std::runtime_error where no useful tile fits.
Tiling plan_tiles(PictureFilter& filter, std::int64_t height, std::int64_t width,
                  const TileSettings& settings, host::ValueRange range);

/// Runs the filter over a picture [1, C, H, W] in windows. `emit` gets strips of the result in order from the top: [1, C, rows, scale * W],
/// so that no picture is held in floats whole. `progress` is told how many windows are done, and of how many.
void run_tiled(PictureFilter& filter, const host::Pictures& image, const Tiling& tiling,
               const std::function<void(const host::Pictures& strip)>& emit,
               const std::function<void(std::size_t done, std::size_t total)>& progress);

}  // namespace hekla::image
