// SPDX-License-Identifier: MIT
#include "tiles.hpp"

#include <algorithm>

namespace hekla::diffusion {
namespace {

std::vector<std::int64_t> starts(std::int64_t length, std::int64_t size, std::int64_t overlap) {
    if (size >= length) return {0};
    const std::int64_t stride = std::max<std::int64_t>(size - overlap, 1);
    const std::int64_t count = (length - size + stride - 1) / stride + 1;
    std::vector<std::int64_t> out;
    for (std::int64_t i = 0; i < count; ++i) out.push_back(i * (length - size) / (count - 1));
    return out;
}

/// Along one axis: rising from a border over the overlap, but full where the border is the whole's.
double weight(std::int64_t at, std::int64_t size, std::int64_t overlap, bool first, bool last) {
    const std::int64_t from_first = first ? overlap : at,
                       from_last = last ? overlap : size - 1 - at;
    const auto distance = static_cast<double>(std::min(from_first, from_last)) + 0.5;
    return std::min(distance / static_cast<double>(overlap), 1.0);
}

}  // namespace

TileGrid tile_grid(std::int64_t height, std::int64_t width, std::int64_t size) {
    TileGrid out{height,
                 width,
                 std::min(size, height),
                 std::min(size, width),
                 std::max<std::int64_t>(size / 4, 1),
                 {},
                 {}};
    out.ys = starts(height, out.tile_height, out.overlap);
    out.xs = starts(width, out.tile_width, out.overlap);
    return out;
}

std::vector<float> cut_tile(const Field& from, const TileGrid& grid, std::int64_t n, std::int64_t y,
                            std::int64_t x, std::int64_t scale) {
    std::vector<float> out;
    for (std::int64_t c = 0; c < from.channels(); ++c)
        for (std::int64_t k = 0; k < grid.tile_height * scale; ++k) {
            const double* row = from.row(n, c, y * scale + k) + x * scale;
            out.insert(out.end(), row, row + grid.tile_width * scale);
        }
    return out;
}

TileBlend::TileBlend(Shape shape, const TileGrid& grid, std::int64_t scale)
    : grid_(grid),
      scale_(scale),
      sum_(zeros(std::move(shape))),
      weights_(static_cast<std::size_t>(sum_.height() * sum_.width())) {}

void TileBlend::add(std::span<const float> tile, std::int64_t n, std::int64_t channel,
                    std::int64_t y, std::int64_t x) {
    const std::int64_t height = grid_.tile_height * scale_, width = grid_.tile_width * scale_;
    const auto planes = static_cast<std::int64_t>(tile.size()) / (height * width);
    for (std::int64_t k = 0; k < height; ++k)
        for (std::int64_t j = 0; j < width; ++j) {
            const double w = weight(k, height, grid_.overlap * scale_, y == 0,
                                    y + grid_.tile_height == grid_.height) *
                             weight(j, width, grid_.overlap * scale_, x == 0,
                                    x + grid_.tile_width == grid_.width);
            if (n == 0 && channel == 0)
                weights_[static_cast<std::size_t>((y * scale_ + k) * sum_.width() + x * scale_ +
                                                  j)] += w;
            for (std::int64_t c = 0; c < planes; ++c)
                sum_.row(n, channel + c, y * scale_ + k)[x * scale_ + j] +=
                    w * tile[static_cast<std::size_t>((c * height + k) * width + j)];
        }
}

Field TileBlend::finish() {
    for (std::size_t i = 0; i < sum_.values.size(); ++i)
        sum_.values[i] /= weights_[i % weights_.size()];
    return std::move(sum_);
}

}  // namespace hekla::diffusion
