// SPDX-License-Identifier: MIT
// Rotary positions (Su et al. 2021, arXiv 2104.09864). x, y: [b, n, t, h]; divide: [h / 2].
// Pair i of a token at position p turns by p * frequency(i):
//   y_first = x_first cos - x_second sin,  y_second = x_second cos + x_first sin.
#include "kernel.hpp"

#include <cmath>
#include <numbers>

namespace hekla::cpu {

namespace {

/// How the pairs of a head turn: the words that rope and rope_qkv share.
struct Turning {
    explicit Turning(Words& words)
        : h(words.integer("h")),
          at(words.integer("at")),
          base(words.real("base")),
          style(words.integer("style")),
          scaling(words.integer("scaling")),
          factor(words.real("factor")),
          low(words.real("low")),
          high(words.real("high")),
          original(words.real("original")),
          has_divide(words.flag("has_divide")) {}

    void check(const Memory& memory) const {
        if (h % 2 != 0) memory.fail("the head size is " + std::to_string(h) + ", an odd number");
        if (style > 1) memory.fail("style is word " + std::to_string(style) + " of 2");
        if (scaling > 2) memory.fail("scaling is word " + std::to_string(scaling) + " of 3");
    }

    /// Cosines, then sines, of a token's pairs. `divisor`: [h / 2], or null.
    void angles(std::size_t token, const float* divisor, double* cosine_sine) const {
        const std::size_t half = h / 2;
        const double position = static_cast<double>(std::int64_t{static_cast<std::int32_t>(at)} +
                                                    static_cast<std::int64_t>(token));
        for (std::size_t i = 0; i < half; ++i) {
            const double angle = position * frequency(i, divisor);
            cosine_sine[i] = std::cos(angle);
            cosine_sine[half + i] = std::sin(angle);
        }
    }

    /// One head of one token.
    void turn(const float* in, std::size_t in_step, const double* cosine_sine, float* out,
              std::size_t out_step) const {
        const std::size_t half = h / 2;
        for (std::size_t i = 0; i < half; ++i) {
            const std::size_t first = style == 0 ? i : 2 * i;
            const std::size_t second = style == 0 ? i + half : 2 * i + 1;
            const double cosine = cosine_sine[i], sine = cosine_sine[half + i];
            const auto p = static_cast<double>(in[first * in_step]);
            const auto q = static_cast<double>(in[second * in_step]);
            out[first * out_step] = static_cast<float>(p * cosine - q * sine);
            out[second * out_step] = static_cast<float>(q * cosine + p * sine);
        }
    }

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

    std::uint32_t h, at;
    float base;
    std::uint32_t style;    // half, pairs
    std::uint32_t scaling;  // default, linear, llama3
    float factor, low, high, original;
    bool has_divide;
};

struct Rope {
    explicit Rope(Words& words)
        : x(words.strided<4>("x")),
          divide(words.tensor("divide")),
          y(words.strided<4>("y")),
          b(words.integer("b")),
          n(words.integer("n")),
          t(words.integer("t")),
          turning(words) {}

    void run(Memory& memory) const {
        turning.check(memory);
        const Sizes<4> sizes = {b, n, t, turning.h};
        const auto from = memory.input(x, sizes);
        const float* divisor = turning.has_divide ? memory.input(divide, turning.h / 2) : nullptr;
        const auto to = memory.output(y, sizes);
        double* angles = memory.scratch(turning.h);
        for (std::size_t token = 0; token < t; ++token) {
            turning.angles(token, divisor, angles);
            for (std::size_t item = 0; item < b; ++item)
                for (std::size_t head = 0; head < n; ++head)
                    turning.turn(from.row(item, head, token), from.step(), angles,
                                 to.row(item, head, token), to.step());
        }
    }

    Strided<4> x;
    Tensor divide;
    Strided<4> y;
    std::uint32_t b, n, t;
    Turning turning;
};

/// Queries and keys turned, values moved. q, yq: [b, n, t, h]; k, v, yk, yv: [b, g, t, h].
struct RopeQkv {
    explicit RopeQkv(Words& words)
        : q(words.strided<4>("q")),
          k(words.strided<4>("k")),
          v(words.strided<4>("v")),
          divide(words.tensor("divide")),
          yq(words.strided<4>("yq")),
          yk(words.strided<4>("yk")),
          yv(words.strided<4>("yv")),
          b(words.integer("b")),
          n(words.integer("n")),
          g(words.integer("g")),
          t(words.integer("t")),
          turning(words) {}

    void run(Memory& memory) const {
        turning.check(memory);
        const Sizes<4> queries = {b, n, t, turning.h}, keys = {b, g, t, turning.h};
        const auto from_q = memory.input(q, queries), from_k = memory.input(k, keys),
                   from_v = memory.input(v, keys);
        const float* divisor = turning.has_divide ? memory.input(divide, turning.h / 2) : nullptr;
        const auto to_q = memory.output(yq, queries), to_k = memory.output(yk, keys),
                   to_v = memory.output(yv, keys);
        double* angles = memory.scratch(turning.h);
        for (std::size_t token = 0; token < t; ++token) {
            turning.angles(token, divisor, angles);
            for (std::size_t item = 0; item < b; ++item) {
                for (std::size_t head = 0; head < n; ++head)
                    turning.turn(from_q.row(item, head, token), from_q.step(), angles,
                                 to_q.row(item, head, token), to_q.step());
                for (std::size_t head = 0; head < g; ++head) {
                    turning.turn(from_k.row(item, head, token), from_k.step(), angles,
                                 to_k.row(item, head, token), to_k.step());
                    const float* in = from_v.row(item, head, token);
                    float* out = to_v.row(item, head, token);
                    for (std::size_t i = 0; i < turning.h; ++i)
                        out[i * to_v.step()] = in[i * from_v.step()];
                }
            }
        }
    }

    Strided<4> q, k, v;
    Tensor divide;
    Strided<4> yq, yk, yv;
    std::uint32_t b, n, g, t;
    Turning turning;
};

constexpr Kernel kernels[] = {kernel<Rope>("rope"), kernel<RopeQkv>("rope_qkv")};

}  // namespace

std::span<const Kernel> rope_kernels() { return kernels; }

}  // namespace hekla::cpu
