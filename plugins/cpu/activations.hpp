// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

/// Activation functions, in double precision. NaN stays NaN.
namespace hekla::cpu {

inline double relu(double x) { return x < 0.0 ? 0.0 : x; }
inline double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }
/// Elfwing et al. 2017, arXiv 1702.03118.
inline double silu(double x) { return x / (1.0 + std::exp(-x)); }
/// x Phi(x), Hendrycks and Gimpel 2016, arXiv 1606.08415.
inline double gelu(double x) { return 0.5 * x * std::erfc(-x * (std::numbers::sqrt2 / 2.0)); }
/// Its approximation in the same paper: 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) = x sigmoid(2 ...).
inline double gelu_tanh(double x) {
    const double inner =
        (std::numbers::sqrt2 * std::numbers::inv_sqrtpi) * (x + 0.044715 * x * x * x);
    return x / (1.0 + std::exp(-2.0 * inner));
}
/// The same paper's other one: x sigmoid(1.702 x).
inline double quick_gelu(double x) { return x / (1.0 + std::exp(-1.702 * x)); }

/// The words of `act` in the fused linear ops, in their order.
enum class Activation : std::uint32_t {
    none,
    relu,
    silu,
    gelu,
    gelu_tanh,
    quick_gelu,
    sigmoid,
    tanh
};
inline constexpr std::uint32_t activation_count = 8;

inline double activate(Activation which, double x) {
    switch (which) {
        case Activation::none:
            break;
        case Activation::relu:
            return relu(x);
        case Activation::silu:
            return silu(x);
        case Activation::gelu:
            return gelu(x);
        case Activation::gelu_tanh:
            return gelu_tanh(x);
        case Activation::quick_gelu:
            return quick_gelu(x);
        case Activation::sigmoid:
            return sigmoid(x);
        case Activation::tanh:
            return std::tanh(x);
    }
    return x;
}

/// What follows a norm or a convolution: these have one word more, leaky_relu, and its slope below 0.
struct Epilogue {
    std::uint32_t act = 0;
    float slope = 0;

    bool is_known() const { return act <= activation_count; }
    double operator()(double x) const {
        if (act == activation_count) return x < 0.0 ? x * static_cast<double>(slope) : x;
        return activate(static_cast<Activation>(act), x);
    }
};

}  // namespace hekla::cpu
