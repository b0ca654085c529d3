// SPDX-License-Identifier: MIT
#include "tiled.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "windows.hpp"

namespace hekla::image {
namespace {

using host::Pictures;

constexpr std::int64_t least_side = 8;      // reflection within a model needs some pixels
constexpr std::int64_t common_side = 512;   // so that there is progress, and a desktop stays usable
constexpr std::int64_t smallest_tile = 32;  // below, nearly all is overlap

/// Rows of the result that windows are still being added to, from `top` on.
struct Strip {
    Pictures rows;
    std::int64_t top = 0;
};

/// Adds a window's output, weighted; coordinates are of the output.
void add(Strip& strip, const Pictures& tile, const Window& down, const Window& across,
         std::int64_t scale) {
    const auto weights = [&](const Window& window, std::int64_t limit) {
        std::vector<float> out;
        for (std::int64_t i = window.first() * scale; i < std::min(window.last() * scale, limit);
             ++i)
            out.push_back(
                window.weight((static_cast<double>(i) + 0.5) / static_cast<double>(scale)));
        return out;
    };
    const auto rows = weights(down, strip.top + strip.rows.height);
    const auto columns = weights(across, strip.rows.width);
    const std::int64_t x = across.first() * scale, y = down.first() * scale;
    for (std::int64_t c = 0; c < tile.channels; ++c)
        for (std::size_t row = 0; row < rows.size(); ++row) {
            const std::int64_t at = y + static_cast<std::int64_t>(row);
            const float* from = tile.values.data() +
                                (c * tile.height + at - down.start * scale) * tile.width + x -
                                across.start * scale;
            float* to = strip.rows.values.data() +
                        (c * strip.rows.height + at - strip.top) * strip.rows.width + x;
            for (std::size_t i = 0; i < columns.size(); ++i)
                to[i] += rows[row] * columns[i] * from[i];
        }
}

/// Takes the rows above `bottom` off the strip, and makes room for as many below.
Pictures take(Strip& strip, std::int64_t bottom) {
    Pictures& rows = strip.rows;
    const std::int64_t count = bottom - strip.top;
    Pictures out = host::part_of(rows, 0, 0, rows.width, count);
    for (std::int64_t c = 0; c < rows.channels; ++c) {
        float* plane = rows.values.data() + c * rows.height * rows.width;
        float* end = plane + rows.height * rows.width;
        std::fill(std::copy(plane + count * rows.width, end, plane), end, 0.0f);
    }
    strip.top = bottom;
    return out;
}

}  // namespace

Tiling plan_tiles(PictureFilter& filter, std::int64_t height, std::int64_t width,
                  const TileSettings& settings, host::ValueRange range) {
    const std::int64_t multiple = filter.multiple();
    const auto up = [&](std::int64_t size) {
        return (std::max(size, multiple > 1 ? least_side : 1) + multiple - 1) / multiple * multiple;
    };
    Tiling out;
    out.height = up(height);
    out.width = up(width);
    const auto with_side = [&](std::int64_t side) {
        out.window_height = std::min(out.height, side);
        out.window_width = std::min(out.width, side);
    };
    const auto fits = [&] { return filter.fits(out.window_height, out.window_width); };
    // A little above the common side is still run whole: two tiles would cost more.
    with_side(std::max(out.height, out.width));
    if (settings.side == 0 && std::max(out.height, out.width) <= common_side * 3 / 2 && fits())
        return out;
    if (settings.side > 0 && settings.side >= std::max(out.height, out.width) && fits()) return out;

    const auto reach = settings.overlap >= 0
                           ? std::optional((settings.overlap + multiple - 1) / multiple * multiple)
                           : filter.measure_reach(range);
    if (!reach && settings.side == 0 && fits()) return out;  // rather long and large than wrong
    out.blend = !reach;
    const auto overlap_for = [&](std::int64_t side) {
        return reach ? *reach : std::max(side / 6 / multiple, std::int64_t{1}) * multiple;
    };
    std::int64_t side = (settings.side > 0 ? settings.side : common_side) / multiple * multiple;
    if (filter.longest_side() > 0)
        side = std::min(side, filter.longest_side() / multiple * multiple);
    const std::int64_t least = up(std::max(smallest_tile, 4 * overlap_for(smallest_tile)));
    if (settings.side > 0) {
        if (side <= 2 * overlap_for(side))
            throw std::runtime_error("tiles of " + std::to_string(settings.side) +
                                     " pixels are too small: this model needs more than " +
                                     std::to_string(2 * overlap_for(side)) + ", " +
                                     std::to_string(overlap_for(side)) +
                                     " on each side to see what lies beside");
        with_side(side);
    } else {
        if (reach) side = std::max(side, least);
        with_side(side);
        for (; side > least && !fits(); with_side(side))
            side = std::max(side * 3 / 4 / multiple * multiple, least);
    }
    if (!fits()) {
        const hekla_memory_report memory = filter.memory(out.window_height, out.window_width);
        throw std::runtime_error(
            "a tile of " + std::to_string(out.window_width) + "x" +
            std::to_string(out.window_height) + " pixels takes " +
            std::to_string((memory.arena_bytes + memory.io_bytes) >> 20) + " MiB beside " +
            std::to_string(memory.weight_bytes >> 20) +
            " MiB of weights, more than may be taken: allow more memory or give a smaller --tile");
    }
    out.overlap = overlap_for(side);
    return out;
}

void run_tiled(PictureFilter& filter, const Pictures& image, const Tiling& tiling,
               const std::function<void(const Pictures& strip)>& emit,
               const std::function<void(std::size_t done, std::size_t total)>& progress) {
    const Pictures full = host::reflected(image, tiling.height, tiling.width);
    const auto down =
        windows_over(tiling.height, tiling.window_height, tiling.overlap, tiling.blend);
    const auto across =
        windows_over(tiling.width, tiling.window_width, tiling.overlap, tiling.blend);
    const std::int64_t scale = filter.scale();
    Strip strip{{1, filter.channels(), scale * tiling.window_height, scale * image.width, {}}};
    strip.rows.values.resize(
        static_cast<std::size_t>(strip.rows.channels * strip.rows.height * strip.rows.width));
    std::size_t done = 0;
    const std::size_t total = down.size() * across.size();
    progress(0, total);
    for (std::size_t row = 0; row < down.size(); ++row) {
        for (const Window& column : across) {
            add(strip,
                filter.run(host::part_of(full, column.start, down[row].start, column.size,
                                         down[row].size)),
                down[row], column, scale);
            progress(++done, total);
        }
        const std::int64_t bottom = row + 1 < down.size() ? down[row + 1].first() : tiling.height;
        const std::int64_t end = std::min(bottom, image.height) * scale;
        if (end > strip.top) emit(take(strip, end));
    }
}

}  // namespace hekla::image
