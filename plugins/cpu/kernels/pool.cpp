// SPDX-License-Identifier: MIT
// Pooling: one value for each window of an image. x: [planes, h, w]; y: [planes, out_h, out_w].
#include "kernel.hpp"

#include <algorithm>
#include <limits>

namespace hekla::cpu {

namespace {

/// The largest value, or the mean, of x[i stride - pad + a dilation] over the window's a. Zeros around count in a mean if include_pad says
/// so; what hangs over beyond them never does. rows = planes out_h.
template <bool mean>
struct Pool {
    struct Axis {
        std::int64_t size = 0, out_size = 0, window = 0, stride = 0, pad = 0, dilation = 0;

        std::int64_t start(std::int64_t place) const { return place * stride - pad; }
        bool has(std::int64_t at) const { return at >= 0 && at < size; }
        /// Places that the mean is taken over.
        std::int64_t counted(std::int64_t place, bool include_pad) const {
            std::int64_t begin = start(place);
            std::int64_t end = std::min(begin + window, size + pad);
            if (!include_pad) {
                begin = std::max<std::int64_t>(begin, 0);
                end = std::min(end, size);
            }
            return end - begin;
        }
    };

    explicit Pool(Words& words) : x(words.tensor("x")), y(words.tensor("y")) {
        rows = words.integer("rows");
        down.size = words.integer("h");
        along.size = words.integer("w");
        down.out_size = words.integer("out_h");
        along.out_size = words.integer("out_w");
        down.window = words.integer("kernel_h");
        along.window = words.integer("kernel_w");
        down.stride = words.integer("stride_h");
        along.stride = words.integer("stride_w");
        down.pad = words.integer("pad_h");
        along.pad = words.integer("pad_w");
        down.dilation = words.integer("dilation_h");
        along.dilation = words.integer("dilation_w");
        include_pad = words.flag("include_pad");
    }

    void run(Memory& memory) const {
        if (down.out_size == 0) memory.fail("out_h is 0");
        const std::int64_t planes = rows / down.out_size;
        const auto plane = static_cast<std::uint64_t>(down.size * along.size);
        const float* from = memory.input(x, static_cast<std::uint64_t>(planes) * plane);
        float* to = memory.output(y, rows * static_cast<std::uint64_t>(along.out_size));
        for (std::int64_t n = 0; n < planes; ++n, from += plane) {
            for (std::int64_t i = 0; i < down.out_size; ++i) {
                for (std::int64_t j = 0; j < along.out_size; ++j) *to++ = pooled(from, i, j);
            }
        }
    }

  private:
    float pooled(const float* from, std::int64_t i, std::int64_t j) const {
        double sum = 0.0;
        float largest = -std::numeric_limits<float>::infinity();
        for (std::int64_t a = 0; a < down.window; ++a) {
            for (std::int64_t b = 0; b < along.window; ++b) {
                const std::int64_t row = down.start(i) + a * down.dilation;
                const std::int64_t column = along.start(j) + b * along.dilation;
                if (!down.has(row) || !along.has(column)) continue;
                const float value = from[row * along.size + column];
                sum += static_cast<double>(value);
                largest = std::max(largest, value);
            }
        }
        if (!mean) return largest;
        const std::int64_t count = down.counted(i, include_pad) * along.counted(j, include_pad);
        return static_cast<float>(sum / static_cast<double>(count));
    }

    Tensor x, y;
    std::uint32_t rows = 0;
    Axis down, along;
    bool include_pad = false;
};

/// The mean of x over [floor(i size / out_size), ceil((i + 1) size / out_size)) along both axes.
struct AdaptiveAveragePool {
    explicit AdaptiveAveragePool(Words& words)
        : x(words.tensor("x")),
          y(words.tensor("y")),
          planes(words.integer("planes")),
          h(words.integer("h")),
          w(words.integer("w")),
          out_h(words.integer("out_h")),
          out_w(words.integer("out_w")) {}

    void run(Memory& memory) const {
        const std::uint64_t plane = std::uint64_t{h} * w;
        const float* from = memory.input(x, planes * plane);
        float* to = memory.output(y, std::uint64_t{planes} * out_h * out_w);
        const auto begin = [](std::uint64_t i, std::uint64_t size, std::uint64_t count) {
            return i * size / count;
        };
        const auto end = [](std::uint64_t i, std::uint64_t size, std::uint64_t count) {
            return ((i + 1) * size + count - 1) / count;
        };
        for (std::size_t n = 0; n < planes; ++n, from += plane) {
            for (std::size_t i = 0; i < out_h; ++i) {
                for (std::size_t j = 0; j < out_w; ++j) {
                    double sum = 0.0;
                    std::uint64_t count = 0;
                    for (std::uint64_t a = begin(i, h, out_h); a < end(i, h, out_h); ++a) {
                        for (std::uint64_t b = begin(j, w, out_w); b < end(j, w, out_w); ++b) {
                            sum += static_cast<double>(from[a * w + b]);
                            ++count;
                        }
                    }
                    *to++ = static_cast<float>(sum / static_cast<double>(count));
                }
            }
        }
    }

    Tensor x, y;
    std::uint32_t planes, h, w, out_h, out_w;
};

constexpr Kernel kernels[] = {
    kernel<AdaptiveAveragePool>("adaptive_avg_pool2d"),
    kernel<Pool<true>>("avg_pool2d"),
    kernel<Pool<false>>("max_pool2d"),
};

}  // namespace

std::span<const Kernel> pool_kernels() { return kernels; }

}  // namespace hekla::cpu
