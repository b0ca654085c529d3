// SPDX-License-Identifier: MIT
// Rotary positions (Su et al. 2021, arXiv 2104.09864). x, y: [b, n, t, h]; divide: [h / 2].
// Pair i of a token at position p turns by p * frequency(i):
//   y_first = x_first cos - x_second sin,  y_second = x_second cos + x_first sin.
#include "kernel.hpp"

#include <cmath>
#include <numbers>

namespace hekla::cpu {

namespace {

struct Rope {
    explicit Rope(Words& words)
        : x(words.strided<4>("x")),
          divide(words.tensor("divide")),
          y(words.strided<4>("y")),
          b(words.integer("b")),
          n(words.integer("n")),
          t(words.integer("t")),
          h(words.integer("h")),
          at(words.integer("at")),
          base(words.real("base")),
          style(words.integer("style")),
          scaling(words.integer("scaling")),
          factor(words.real("factor")),
          low(words.real("low")),
          high(words.real("high")),
          original(words.real("original")),
          has_divide(words.flag("has_divide")) {}

    void run(Memory& memory) const {
        if (h % 2 != 0) memory.fail("the head size is " + std::to_string(h) + ", an odd number");
        if (style > 1) memory.fail("style is word " + std::to_string(style) + " of 2");
        if (scaling > 2) memory.fail("scaling is word " + std::to_string(scaling) + " of 3");
        const Sizes<4> sizes = {b, n, t, h};
        const auto from = memory.input(x, sizes);
        const float* divisor = has_divide ? memory.input(divide, h / 2) : nullptr;
        const auto to = memory.output(y, sizes);

        const std::size_t half = h / 2;
        double* cosine = memory.scratch(2 * std::uint64_t{half});
        double* sine = cosine + half;
        for (std::size_t token = 0; token < t; ++token) {
            const double position = static_cast<double>(
                std::int64_t{static_cast<std::int32_t>(at)} + static_cast<std::int64_t>(token));
            for (std::size_t i = 0; i < half; ++i) {
                const double angle = position * frequency(i, divisor);
                cosine[i] = std::cos(angle);
                sine[i] = std::sin(angle);
            }
            for (std::size_t item = 0; item < b; ++item) {
                for (std::size_t head = 0; head < n; ++head) {
                    turn(from.row(item, head, token), from.step(), cosine, sine,
                         to.row(item, head, token), to.step());
                }
            }
        }
    }

  private:
    double frequency(std::size_t pair, const float* divisor) const {
        const double exponent = 2.0 * static_cast<double>(pair) / static_cast<double>(h);
        double result = std::pow(static_cast<double>(base), -exponent);
        if (divisor != nullptr) result /= static_cast<double>(divisor[pair]);
        if (scaling == 1) return result / static_cast<double>(factor);
        if (scaling == 2) return llama3(result);
        return result;
    }

    /// Llama 3.1's scaling: wavelengths within original / high stay, those beyond original / low are stretched by factor, and
    /// between the two it passes over linearly in original / wavelength.
    double llama3(double f) const {
        const double turns = static_cast<double>(original) * f / (2.0 * std::numbers::pi);
        const double stretched = f / static_cast<double>(factor);
        if (turns > static_cast<double>(high)) return f;
        if (turns < static_cast<double>(low)) return stretched;
        const double kept = (turns - static_cast<double>(low)) /
                            (static_cast<double>(high) - static_cast<double>(low));
        return (1.0 - kept) * stretched + kept * f;
    }

    void turn(const float* in, std::size_t in_step, const double* cosine, const double* sine,
              float* out, std::size_t out_step) const {
        const std::size_t half = h / 2;
        for (std::size_t i = 0; i < half; ++i) {
            const std::size_t first = style == 0 ? i : 2 * i;
            const std::size_t second = style == 0 ? i + half : 2 * i + 1;
            const auto p = static_cast<double>(in[first * in_step]);
            const auto q = static_cast<double>(in[second * in_step]);
            out[first * out_step] = static_cast<float>(p * cosine[i] - q * sine[i]);
            out[second * out_step] = static_cast<float>(q * cosine[i] + p * sine[i]);
        }
    }

    Strided<4> x;
    Tensor divide;
    Strided<4> y;
    std::uint32_t b, n, t, h, at;
    float base;
    std::uint32_t style;    // half, pairs
    std::uint32_t scaling;  // default, linear, llama3
    float factor, low, high, original;
    bool has_divide;
};

constexpr Kernel kernels[] = {kernel<Rope>("rope")};

}  // namespace

std::span<const Kernel> rope_kernels() { return kernels; }

}  // namespace hekla::cpu
