// SPDX-License-Identifier: MIT
// Images in another size: y[n, i, j] = sum over a, b of w(i, a) w(j, b) x[n, a, b]. x: [n, h, w]; y: [n, out_h, out_w], rows = n out_h.
#include "kernel.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace hekla::cpu {

namespace {

enum class Filter : std::uint32_t { nearest, nearest_exact, linear, bilinear, bicubic };

/// Keys 1981, "Cubic convolution interpolation for digital image processing".
double cubic(double d, double a) {
    d = std::abs(d);
    if (d <= 1.0) return (a + 2.0) * d * d * d - (a + 3.0) * d * d + 1.0;
    if (d < 2.0) return a * (d * d * d - 5.0 * d * d + 8.0 * d - 4.0);
    return 0.0;
}

/// How one axis is sampled. `scale` is input places per output place, as torch holds it in f32.
struct Axis {
    std::uint32_t size;
    float scale;
    Filter filter;
    bool aligned, antialias;

    /// Nearest is defined by its rounding: products in f32, as torch has them.
    std::size_t nearest(std::size_t place) const {
        const float half = filter == Filter::nearest_exact ? 0.5f : 0.0f;
        const float at = (static_cast<float>(place) + half) * scale;
        return std::min<std::size_t>(static_cast<std::size_t>(at), size - 1);
    }

    /// Calls visit(input place, weight) for all that output place `place` is made of.
    template <class Visit>
    void each(std::size_t place, Visit visit) const {
        const double step = static_cast<double>(scale);
        const bool is_cubic = filter == Filter::bicubic;
        const double middle = (static_cast<double>(place) + 0.5) * step;
        if (antialias) {
            const double stretch = std::max(step, 1.0);
            const double reach = (is_cubic ? 2.0 : 1.0) * stretch;
            const double first = std::max(std::floor(middle - reach + 0.5), 0.0);
            const double end =
                std::min(std::floor(middle + reach + 0.5), static_cast<double>(size));
            const auto weight = [&](double tap) {
                const double d = (tap + 0.5 - middle) / stretch;
                return is_cubic ? cubic(d, -0.5) : std::max(1.0 - std::abs(d), 0.0);
            };
            double total = 0.0;
            for (double tap = first; tap < end; ++tap) total += weight(tap);
            for (double tap = first; tap < end; ++tap) {
                visit(static_cast<std::size_t>(tap), weight(tap) / total);
            }
            return;
        }
        double at = aligned ? static_cast<double>(place) * step : middle - 0.5;
        if (!is_cubic) at = std::max(at, 0.0);
        const double below = std::floor(at);
        const double last = static_cast<double>(size - 1);
        for (int tap = is_cubic ? -1 : 0; tap <= (is_cubic ? 2 : 1); ++tap) {
            const double d = below + tap - at;
            visit(static_cast<std::size_t>(std::clamp(below + tap, 0.0, last)),
                  is_cubic ? cubic(d, -0.75) : 1.0 - std::abs(d));
        }
    }
};

struct Interpolate {
    explicit Interpolate(Words& words)
        : x(words.tensor("x")),
          like(words.tensor("like")),
          y(words.tensor("y")),
          rows(words.integer("rows")),
          h(words.integer("h")),
          w(words.integer("w")),
          out_h(words.integer("out_h")),
          out_w(words.integer("out_w")),
          filter(static_cast<Filter>(words.integer("mode"))),
          aligned(words.flag("aligned")),
          antialias(words.flag("antialias")),
          scale_y(words.real("scale_y")),
          scale_x(words.real("scale_x")) {}

    void run(Memory& memory) const {
        if (filter > Filter::bicubic) memory.fail("there is no such mode");
        const std::uint64_t planes = rows / out_h;
        const std::uint64_t plane = std::uint64_t{h} * w;
        const float* from = memory.input(x, planes * plane);
        float* to = memory.output(y, std::uint64_t{rows} * out_w);
        const Axis down{h, scale_y, filter, aligned, antialias};
        const Axis along{w, scale_x, filter, aligned, antialias};
        for (std::size_t n = 0; n < planes; ++n, from += plane) {
            for (std::size_t i = 0; i < out_h; ++i) {
                for (std::size_t j = 0; j < out_w; ++j, ++to) {
                    if (filter <= Filter::nearest_exact) {  // any type: the bits are copied
                        std::memcpy(to, from + down.nearest(i) * w + along.nearest(j), 4);
                        continue;
                    }
                    double sum = 0.0;
                    down.each(i, [&](std::size_t a, double weight_a) {
                        along.each(j, [&](std::size_t b, double weight_b) {
                            sum += weight_a * weight_b * static_cast<double>(from[a * w + b]);
                        });
                    });
                    *to = static_cast<float>(sum);
                }
            }
        }
    }

    Tensor x, like, y;
    std::uint32_t rows, h, w, out_h, out_w;
    Filter filter;
    bool aligned, antialias;
    float scale_y, scale_x;
};

constexpr Kernel kernels[] = {
    kernel<Interpolate>("interpolate"),
    kernel<Interpolate>("upsample"),
};

}  // namespace

std::span<const Kernel> resample_kernels() { return kernels; }

}  // namespace hekla::cpu
