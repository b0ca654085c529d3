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
double sin(double x) { return std::sin(x); }
double cos(double x) { return std::cos(x); }
double log(double x) { return std::log(x); }
double sqrt(double x) { return std::sqrt(x); }
double abs(double x) { return std::abs(x); }
double reciprocal(double x) { return 1.0 / x; }
double floor(double x) { return std::floor(x); }
double ceil(double x) { return std::ceil(x); }
/// Halves to even.
double round(double x) { return std::nearbyint(x); }
double sign(double x) { return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x; }
double erf(double x) { return std::erf(x); }
double hardsigmoid(double x) { return std::clamp(x / 6.0 + 0.5, 0.0, 1.0); }
double hardswish(double x) { return x * hardsigmoid(x); }
double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

/// Misra 2019, arXiv 1908.08681.
double mish(double x) { return x * std::tanh(softplus(x)); }

struct Elu {
    explicit Elu(Words& words) : alpha(words.real("alpha")) {}
    void check(const Memory&) const {}
    double operator()(double x) const {
        return x > 0.0 ? x : static_cast<double>(alpha) * std::expm1(x);
    }

    float alpha;
};

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

/// x where x > 0, else weight x, a weight a channel (He et al. 2015, arXiv 1502.01852). x, y: [n, channels, inner]; weight: [channels].
struct Prelu {
    explicit Prelu(Words& words)
        : x(words.tensor("x")),
          weight(words.tensor("weight")),
          y(words.tensor("y")),
          count(words.integer("count")),
          channels(words.integer("channels")),
          inner(words.integer("inner")) {}

    void run(Memory& memory) const {
        const float* from = memory.input(x, count);
        const float* slope = memory.input(weight, channels);
        float* to = memory.output(y, count);
        for (std::size_t i = 0; i < count; ++i) {
            to[i] = from[i] > 0.0f ? from[i] : slope[i / inner % channels] * from[i];
        }
    }

    Tensor x, weight, y;
    std::uint32_t count, channels, inner;
};

constexpr Kernel kernels[] = {
    kernel<Unary<Plain<neg>>>("neg"),
    kernel<Unary<Plain<exp>>>("exp"),
    kernel<Unary<Plain<tanh>>>("tanh"),
    kernel<Unary<Plain<rsqrt>>>("rsqrt"),
    kernel<Unary<Plain<square>>>("square"),
    kernel<Unary<Plain<sin>>>("sin"),
    kernel<Unary<Plain<cos>>>("cos"),
    kernel<Unary<Plain<log>>>("log"),
    kernel<Unary<Plain<sqrt>>>("sqrt"),
    kernel<Unary<Plain<abs>>>("abs"),
    kernel<Unary<Plain<reciprocal>>>("reciprocal"),
    kernel<Unary<Plain<floor>>>("floor"),
    kernel<Unary<Plain<ceil>>>("ceil"),
    kernel<Unary<Plain<round>>>("round"),
    kernel<Unary<Plain<sign>>>("sign"),
    kernel<Unary<Plain<erf>>>("erf"),
    kernel<Unary<Plain<hardsigmoid>>>("hardsigmoid"),
    kernel<Unary<Plain<hardswish>>>("hardswish"),
    kernel<Unary<Plain<mish>>>("mish"),
    kernel<Unary<Plain<relu>>>("relu"),
    kernel<Unary<Plain<sigmoid>>>("sigmoid"),
    kernel<Unary<Plain<silu>>>("silu"),
    kernel<Unary<Plain<softplus>>>("softplus"),
    kernel<Unary<Plain<quick_gelu>>>("quick_gelu"),
    kernel<Unary<Elu>>("elu"),
    kernel<Unary<Gelu>>("gelu"),
    kernel<Unary<Clamp>>("clamp"),
    kernel<Unary<LeakyRelu>>("leaky_relu"),
    kernel<Prelu>("prelu"),
};

}  // namespace

std::span<const Kernel> unary_kernels() { return kernels; }

}  // namespace hekla::cpu
