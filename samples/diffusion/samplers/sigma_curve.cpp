// SPDX-License-Identifier: MIT
#include "sigma_curve.hpp"

#include <algorithm>
#include <cmath>

#include "spacing.hpp"

namespace hekla::diffusion {
namespace {

/// The incomplete beta function with equal parameters, regularised, for x <= 1/2: its hypergeometric series
/// x^s / (s B(s, s)) * sum over k of (1 - s)_k / k! * s / (s + k) * x^k (Abramowitz and Stegun 26.5.4, 15.1.1).
double beta_share(double x, double s) {
    const double log_beta = 2 * std::lgamma(s) - std::lgamma(2 * s);
    double term = 1, sum = 0;
    for (int k = 0; k < 200; ++k) {
        sum += term * s / (s + k);
        term *= (k + 1 - s) / (k + 1) * x;
    }
    return std::exp(s * std::log(x) - std::log(s) - log_beta) * sum;
}

}  // namespace

double beta_quantile(double p, double shape) {
    if (p <= 0) return 0;
    if (p >= 1) return 1;
    if (p > 0.5) return 1 - beta_quantile(1 - p, shape);
    double low = 0, high = 0.5;
    for (int i = 0; i < 200 && low < high; ++i) {
        const double middle = (low + high) / 2;
        if (middle == low || middle == high) break;
        (beta_share(middle, shape) < p ? low : high) = middle;
    }
    return (low + high) / 2;
}

std::vector<double> curved_sigmas(const SchedulerConfig& config, double largest, double smallest,
                                  int steps) {
    largest = config.sigma_max.value_or(largest);
    smallest = config.sigma_min.value_or(smallest);
    std::vector<double> out;
    switch (config.curve) {
        case SigmaCurve::karras: {  // Karras et al. 2022, arXiv 2206.00364, equation 5
            constexpr double rho = 7;
            const double from = std::pow(largest, 1 / rho), to = std::pow(smallest, 1 / rho);
            for (const double t : linspace(0, 1, steps))
                out.push_back(std::pow(from + t * (to - from), rho));
            break;
        }
        case SigmaCurve::exponential:
            for (const double log : linspace(std::log(largest), std::log(smallest), steps))
                out.push_back(std::exp(log));
            break;
        default:  // beta: Lee et al. 2024, arXiv 2407.12173
            for (const double t : linspace(0, 1, steps))
                out.push_back(smallest + beta_quantile(1 - t, 0.6) * (largest - smallest));
    }
    return out;
}

double timestep_of_sigma(double sigma, const std::vector<float>& log_sigmas) {
    const double log = std::log(std::max(sigma, 1e-10));
    const auto above =
        std::upper_bound(log_sigmas.begin(), log_sigmas.end(), log) - log_sigmas.begin();
    const auto low = static_cast<std::size_t>(
        std::clamp<std::ptrdiff_t>(above - 1, 0, std::ssize(log_sigmas) - 2));
    const double width = log_sigmas[low] - log_sigmas[low + 1];
    const double share = std::clamp((log_sigmas[low] - log) / width, 0.0, 1.0);
    return (1 - share) * static_cast<double>(low) + share * static_cast<double>(low + 1);
}

std::vector<float> logarithms(const std::vector<float>& sigmas) {
    std::vector<float> out;
    for (const float sigma : sigmas) out.push_back(std::log(sigma));
    return out;
}

}  // namespace hekla::diffusion
