// SPDX-License-Identifier: MIT
// Positions and distances as models are told of them.
#include "kernel.hpp"

#include <cmath>

namespace hekla::cpu {

namespace {

/// Sines and cosines of t max_period^(-i / (dim / 2 - shift)) (Vaswani et al. 2017, arXiv 1706.03762).
/// t: [count]; y: [count, dim], sines first unless cos_first.
struct Sinusoid {
    explicit Sinusoid(Words& words)
        : t(words.tensor("t")),
          y(words.tensor("y")),
          count(words.integer("count")),
          dim(words.integer("dim")),
          max_period(words.real("max_period")),
          cos_first(words.flag("cos_first")),
          shift(words.real("shift")) {}

    void run(Memory& memory) const {
        const float* from = memory.input(t, count);
        float* to = memory.output(y, std::uint64_t{count} * dim);
        const std::size_t half = dim / 2;
        for (std::size_t n = 0; n < count; ++n, to += dim) {
            for (std::size_t i = 0; i < half; ++i) {
                const double exponent = -static_cast<double>(i) /
                                        (static_cast<double>(half) - static_cast<double>(shift));
                const double angle = static_cast<double>(from[n]) *
                                     std::pow(static_cast<double>(max_period), exponent);
                to[cos_first ? half + i : i] = static_cast<float>(std::sin(angle));
                to[cos_first ? i : half + i] = static_cast<float>(std::cos(angle));
            }
        }
    }

    Tensor t, y;
    std::uint32_t count, dim;
    float max_period;
    bool cos_first;
    float shift;
};

/// T5's buckets of the distance from query m - n + i to key j (Raffel et al. 2019, arXiv 1910.10683). y: [n, m].
struct DistanceBuckets {
    explicit DistanceBuckets(Words& words)
        : y(words.tensor("y")),
          n(words.integer("n")),
          m(words.integer("m")),
          buckets(words.integer("buckets")),
          max_distance(words.integer("max_distance")),
          both(words.flag("both")) {}

    void run(Memory& memory) const {
        auto* to = memory.output<std::int32_t>(y, std::uint64_t{n} * m);
        for (std::int64_t i = 0; i < n; ++i) {
            for (std::int64_t j = 0; j < m; ++j) *to++ = bucket(j - (std::int64_t{m} - n + i));
        }
    }

  private:
    std::int32_t bucket(std::int64_t relative) const {
        const std::int32_t count = static_cast<std::int32_t>(both ? buckets / 2 : buckets);
        const std::int32_t first = both && relative > 0 ? count : 0;
        const std::int64_t distance =
            both ? std::abs(relative) : std::max<std::int64_t>(-relative, 0);
        const std::int32_t exact = count / 2;
        if (distance < exact) return first + static_cast<std::int32_t>(distance);
        const double place = std::log(static_cast<double>(distance) / exact) /
                             std::log(static_cast<double>(max_distance) / exact) * (count - exact);
        // Where place is whole in theory it may come out a little less.
        return first + std::min(exact + static_cast<std::int32_t>(place + 1e-9), count - 1);
    }

    Tensor y;
    std::uint32_t n, m, buckets, max_distance;
    bool both;
};

constexpr Kernel kernels[] = {
    kernel<Sinusoid>("sinusoid"),
    kernel<DistanceBuckets>("distance_buckets"),
};

}  // namespace

std::span<const Kernel> position_kernels() { return kernels; }

}  // namespace hekla::cpu
