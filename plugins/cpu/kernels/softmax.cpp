// SPDX-License-Identifier: MIT
// softmax and its logarithm along the last axis. x, y: [d0, d1, d2, k]; rows = d0 d1 d2.
#include "kernel.hpp"

#include <algorithm>
#include <cmath>

namespace hekla::cpu {

namespace {

/// e^(x - m) / sum of e^(x - m), m the row's largest; with `log` its logarithm, x - m - log(sum).
template <bool log>
struct Softmax {
    explicit Softmax(Words& words)
        : x(words.strided<4>("x")),
          y(words.strided<4>("y")),
          rows(words.integer("rows")),
          k(words.integer("k")),
          d1(words.integer("d1")),
          d2(words.integer("d2")) {}

    void run(Memory& memory) const {
        const Sizes<4> sizes = {memory.sizes(rows, d1, d2, 1)[0], d1, d2, k};
        const auto from = memory.input(x, sizes);
        const auto to = memory.output(y, sizes);
        for_each_row(sizes, [&](std::size_t i0, std::size_t i1, std::size_t i2) {
            const float* in = from.row(i0, i1, i2);
            float* out = to.row(i0, i1, i2);
            const auto value = [&](std::size_t i) { return static_cast<double>(in[i * from.step()]); };
            double largest = value(0);
            for (std::size_t i = 1; i < k; ++i) largest = std::max(largest, value(i));
            double sum = 0.0;
            for (std::size_t i = 0; i < k; ++i) sum += std::exp(value(i) - largest);
            for (std::size_t i = 0; i < k; ++i) {
                const double away = value(i) - largest;
                out[i * to.step()] =
                    static_cast<float>(log ? away - std::log(sum) : std::exp(away) / sum);
            }
        });
    }

    Strided<4> x, y;
    std::uint32_t rows, k, d1, d2;
};

constexpr Kernel kernels[] = {
    kernel<Softmax<false>>("softmax"),
    kernel<Softmax<true>>("log_softmax"),
};

}  // namespace

std::span<const Kernel> softmax_kernels() { return kernels; }

}  // namespace hekla::cpu
