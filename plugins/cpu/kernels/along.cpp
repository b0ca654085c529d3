// SPDX-License-Identifier: MIT
// Ops along the last axis whose result has the same shape. x, y: [d0, d1, d2, k]; rows = d0 d1 d2.
#include "kernel.hpp"

#include <algorithm>
#include <cmath>

namespace hekla::cpu {

namespace {

/// The block that they share.
struct Rows {
    explicit Rows(Words& words)
        : x(words.strided<4>("x")),
          y(words.strided<4>("y")),
          rows(words.integer("rows")),
          k(words.integer("k")),
          d1(words.integer("d1")),
          d2(words.integer("d2")) {}

    /// Calls visit(value, put) for each row: value(i) is an element, put(i, v) writes the result's.
    template <class T, class Visit>
    void for_each(Memory& memory, Visit visit) const {
        const Sizes<4> sizes = {memory.sizes(rows, d1, d2, 1)[0], d1, d2, k};
        const auto from = memory.input<T>(x, sizes);
        const auto to = memory.output<T>(y, sizes);
        for_each_row(sizes, [&](std::size_t i0, std::size_t i1, std::size_t i2) {
            const T* in = from.row(i0, i1, i2);
            T* out = to.row(i0, i1, i2);
            visit([&](std::size_t i) { return in[i * from.step()]; },
                  [&](std::size_t i, T value) { out[i * to.step()] = value; });
        });
    }

    Strided<4> x, y;
    std::uint32_t rows, k, d1, d2;
};

/// e^(x - m) / sum of e^(x - m), m the row's largest; with `log` its logarithm, x - m - log(sum).
template <bool log>
struct Softmax {
    explicit Softmax(Words& words) : block(words) {}

    void run(Memory& memory) const {
        block.for_each<float>(memory, [&](auto value, auto put) {
            const std::size_t k = block.k;
            float largest = value(0);
            for (std::size_t i = 1; i < k; ++i) largest = std::max(largest, value(i));
            const auto away = [&](std::size_t i) {
                return static_cast<double>(value(i)) - static_cast<double>(largest);
            };
            double sum = 0.0;
            for (std::size_t i = 0; i < k; ++i) sum += std::exp(away(i));
            for (std::size_t i = 0; i < k; ++i) {
                put(i, static_cast<float>(log ? away(i) - std::log(sum) : std::exp(away(i)) / sum));
            }
        });
    }

    Rows block;
};

/// x / max(sqrt(sum of x^2), eps).
struct L2Normalize {
    explicit L2Normalize(Words& words) : block(words), eps(words.real("eps")) {}

    void run(Memory& memory) const {
        block.for_each<float>(memory, [&](auto value, auto put) {
            double squares = 0.0;
            for (std::size_t i = 0; i < block.k; ++i) {
                squares += static_cast<double>(value(i)) * static_cast<double>(value(i));
            }
            const double length = std::max(std::sqrt(squares), static_cast<double>(eps));
            for (std::size_t i = 0; i < block.k; ++i) {
                put(i, static_cast<float>(static_cast<double>(value(i)) / length));
            }
        });
    }

    Rows block;
    float eps;
};

/// x[0] + ... + x[i], of floats or of integers, which wrap as the device's do.
struct CumSum {
    explicit CumSum(Words& words) : block(words), integers(words.flag("integers")) {}

    void run(Memory& memory) const {
        if (integers) {
            sums<std::uint32_t, std::uint32_t>(memory);
        } else {
            sums<float, double>(memory);
        }
    }

  private:
    template <class T, class Sum>
    void sums(Memory& memory) const {
        block.for_each<T>(memory, [&](auto value, auto put) {
            Sum sum = 0;
            for (std::size_t i = 0; i < block.k; ++i) {
                sum += static_cast<Sum>(value(i));
                put(i, static_cast<T>(sum));
            }
        });
    }

    Rows block;
    bool integers;
};

constexpr Kernel kernels[] = {
    kernel<Softmax<false>>("softmax"),
    kernel<Softmax<true>>("log_softmax"),
    kernel<L2Normalize>("l2_normalize"),
    kernel<CumSum>("cumsum"),
};

}  // namespace

std::span<const Kernel> along_kernels() { return kernels; }

}  // namespace hekla::cpu
