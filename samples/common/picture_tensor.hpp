// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <hekla/hekla.hpp>
#include <span>
#include <string>
#include <vector>

#include "image.hpp"

namespace hekla::host {

/// The numbers that black and white are for a model: 0 and 1 where it ends in a sigmoid, -1 and 1 where it ends in a tanh.
struct ValueRange {
    float black = 0, white = 1;
};
constexpr ValueRange unit_range{0, 1};
constexpr ValueRange signed_range{-1, 1};

/// Pictures as a tensor, values: [count, channels, height, width], planes one after the other.
struct Pictures {
    std::int64_t count = 0, channels = 0, height = 0, width = 0;
    std::vector<float> values;

    std::vector<std::int64_t> shape() const { return {count, channels, height, width}; }
};

/// Pictures of one size and number of channels, without alpha, as a tensor: byte v becomes black + v / 255 * (white - black).
Pictures to_tensor(std::span<const Image> images, ValueRange range);
Pictures to_tensor(const Image& image, ValueRange range);

/// The way back: each value to the nearest byte, those outside the range to black or white. `values`: [count, channels, height, width] with
/// 1 or 3 channels. Throws std::runtime_error for other shapes and for values that are not finite.
std::vector<Image> to_images(const Tensor& tensor, ValueRange range);
std::vector<Image> to_images(const Pictures& pictures, ValueRange range);

/// Larger at the right and the bottom, filled by reflection about the last pixel (which is not repeated; a side of one pixel is).
Pictures reflected(const Pictures& pictures, std::int64_t height, std::int64_t width);

/// The part of every picture whose left upper corner is at (x, y); it must lie within.
Pictures part_of(const Pictures& pictures, std::int64_t x, std::int64_t y, std::int64_t width,
                 std::int64_t height);

/// Throws std::runtime_error unless the tensor is f32 of this shape; -1 stands for any size. `name` is for the message.
void require_shape(const Tensor& tensor, std::span<const std::int64_t> shape,
                   const std::string& name);

/// Sets an input that takes f32.
void set_input(Context& context, const char* name, std::span<const float> values,
               std::span<const std::int64_t> shape);

}  // namespace hekla::host
