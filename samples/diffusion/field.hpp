// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <hekla/hekla.hpp>
#include <vector>

#include "samplers/values.hpp"

namespace hekla::diffusion {

using Shape = std::vector<std::int64_t>;

/// How many numbers a tensor of this shape has.
inline std::size_t elements(const Shape& shape) {
    std::size_t out = 1;
    for (const std::int64_t size : shape) out *= static_cast<std::size_t>(size);
    return out;
}

/// Pictures, latents or masks: [count, channels, height, width].
struct Field {
    Shape shape{0, 0, 0, 0};
    Values values;

    std::int64_t count() const { return shape[0]; }
    std::int64_t channels() const { return shape[1]; }
    std::int64_t height() const { return shape[2]; }
    std::int64_t width() const { return shape[3]; }
    /// The numbers of one row of pixels.
    double* row(std::int64_t n, std::int64_t c, std::int64_t y) {
        return values.data() + ((n * channels() + c) * height() + y) * width();
    }
    const double* row(std::int64_t n, std::int64_t c, std::int64_t y) const {
        return values.data() + ((n * channels() + c) * height() + y) * width();
    }
};

inline Field zeros(Shape shape) {
    Field out{std::move(shape), {}};
    out.values.resize(elements(out.shape));
    return out;
}

inline std::vector<float> floats(const Values& values) { return {values.begin(), values.end()}; }

}  // namespace hekla::diffusion
