// SPDX-License-Identifier: MIT
// y = f(x), element by element. x, y: [d0, d1, d2, d3].
#include "activations.hpp"
#include "kernel.hpp"

#include <algorithm>
#include <cmath>

namespace hekla::cpu {

namespace {

/// `Function` reads the params that follow the sizes and maps one value, in double precision.
template <class Function>
struct Unary {
    explicit Unary(Words& words)
        : x(words.strided<4>("x")),
          y(words.strided<4>("y")),
          count(words.integer("count")),
          d1(words.integer("d1")),
          d2(words.integer("d2")),
          d3(words.integer("d3")),
          function(words) {}

    void run(Memory& memory) const {
        function.check(memory);
        const Sizes<4> sizes = memory.sizes(count, d1, d2, d3);
        const auto from = memory.input(x, sizes);
        const auto to = memory.output(y, sizes);
        for_each_row(sizes, [&](std::size_t i0, std::size_t i1, std::size_t i2) {
            const float* in = from.row(i0, i1, i2);
            float* out = to.row(i0, i1, i2);
            for (std::size_t i3 = 0; i3 < d3; ++i3) {
                const auto value = static_cast<double>(in[i3 * from.step()]);
                out[i3 * to.step()] = static_cast<float>(function(value));
            }
        });
    }

    Strided<4> x, y;
    std::uint32_t count, d1, d2, d3;
    Function function;
};

/// A function without params.
template <double (*function)(double)>
struct Plain {
    explicit Plain(Words&) {}
    void check(const Memory&) const {}
    double operator()(double x) const { return function(x); }
};

double neg(double x) { return -x; }
double exp(double x) { return std::exp(x); }
double tanh(double x) { return std::tanh(x); }
double rsqrt(double x) { return 1.0 / std::sqrt(x); }
double square(double x) { return x * x; }
double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

struct Gelu {
    explicit Gelu(Words& words) : approx(words.integer("approx")) {}
    void check(const Memory& memory) const {
        if (approx > 1) memory.fail("approx is word " + std::to_string(approx) + " of 2");
    }
    double operator()(double x) const { return approx == 0 ? gelu(x) : gelu_tanh(x); }

    std::uint32_t approx;  // none, tanh
};

struct Clamp {
    explicit Clamp(Words& words) : low(words.real("low")), high(words.real("high")) {}
    void check(const Memory&) const {}
    double operator()(double x) const {
        if (x < static_cast<double>(low)) return static_cast<double>(low);
        return x > static_cast<double>(high) ? static_cast<double>(high) : x;
    }

    float low, high;
};

struct LeakyRelu {
    explicit LeakyRelu(Words& words) : slope(words.real("slope")) {}
    void check(const Memory&) const {}
    double operator()(double x) const { return x > 0.0 ? x : static_cast<double>(slope) * x; }

    float slope;
};

constexpr Kernel kernels[] = {
    kernel<Unary<Plain<neg>>>("neg"),
    kernel<Unary<Plain<exp>>>("exp"),
    kernel<Unary<Plain<tanh>>>("tanh"),
    kernel<Unary<Plain<rsqrt>>>("rsqrt"),
    kernel<Unary<Plain<square>>>("square"),
    kernel<Unary<Plain<relu>>>("relu"),
    kernel<Unary<Plain<sigmoid>>>("sigmoid"),
    kernel<Unary<Plain<silu>>>("silu"),
    kernel<Unary<Plain<softplus>>>("softplus"),
    kernel<Unary<Plain<quick_gelu>>>("quick_gelu"),
    kernel<Unary<Gelu>>("gelu"),
    kernel<Unary<Clamp>>("clamp"),
    kernel<Unary<LeakyRelu>>("leaky_relu"),
};

}  // namespace

std::span<const Kernel> unary_kernels() { return kernels; }

}  // namespace hekla::cpu
