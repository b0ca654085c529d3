// SPDX-License-Identifier: MIT
#include "noise_schedule.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

namespace hekla::diffusion {
namespace {

/// Evenly spaced in single precision, counted from the nearer end.
std::vector<float> linear(double from, double to, int count) {
    std::vector<float> out(static_cast<std::size_t>(count));
    const auto start = static_cast<float>(from), end = static_cast<float>(to);
    const float step = count > 1 ? (end - start) / static_cast<float>(count - 1) : 0;
    for (int i = 0; i < count; ++i)
        out[static_cast<std::size_t>(i)] = i < count / 2
                                               ? start + step * static_cast<float>(i)
                                               : end - step * static_cast<float>(count - 1 - i);
    return out;
}

/// Betas that make the signal left after a share t of the steps follow `left` (Nichol and Dhariwal 2021, arXiv 2102.09672).
std::vector<float> following(int count, const std::function<double(double)>& left) {
    std::vector<float> out;
    for (int i = 0; i < count; ++i)
        out.push_back(static_cast<float>(
            std::min(1 - left((i + 1) / double(count)) / left(i / double(count)), 0.999)));
    return out;
}

std::vector<float> betas_of(const SchedulerConfig& config) {
    const int count = config.train_steps;
    if (!config.trained_betas.empty())
        return {config.trained_betas.begin(), config.trained_betas.end()};
    if (config.beta_schedule == "linear") return linear(config.beta_start, config.beta_end, count);
    if (config.beta_schedule == "scaled_linear") {
        auto betas = linear(std::sqrt(config.beta_start), std::sqrt(config.beta_end), count);
        for (float& beta : betas) beta *= beta;
        return betas;
    }
    if (config.beta_schedule == "sigmoid") {
        auto betas = linear(-6, 6, count);
        for (float& x : betas)
            x = 1 / (1 + std::exp(-x)) * static_cast<float>(config.beta_end - config.beta_start) +
                static_cast<float>(config.beta_start);
        return betas;
    }
    if (config.beta_schedule == "exp")
        return following(count, [](double t) { return std::exp(t * -12); });
    if (config.beta_schedule == "laplace")
        return following(count, [](double t) {
            const double lambda =
                -0.5 * std::copysign(1, 0.5 - t) * std::log(1 - 2 * std::fabs(0.5 - t) + 1e-6);
            return std::sqrt(std::exp(lambda) / (1 + std::exp(lambda)));
        });
    return following(count, [](double t) {  // squaredcos_cap_v2
        const double c = std::cos((t + 0.008) / 1.008 * std::numbers::pi / 2);
        return c * c;
    });
}

std::vector<float> product(const std::vector<float>& betas) {
    std::vector<float> out;
    double left = 1;
    for (const float beta : betas) {
        left *= 1.0f - beta;
        out.push_back(static_cast<float>(left));
    }
    return out;
}

/// Shifts and scales the square roots so that the last is 0 and the first stays (arXiv 2305.08891, algorithm 1).
void end_in_noise(std::vector<float>& betas) {
    std::vector<float> roots = product(betas);
    for (float& root : roots) root = std::sqrt(root);
    const float first = roots.front(), last = roots.back();
    for (float& root : roots) root = (root - last) * (first / (first - last));
    for (std::size_t i = 0; i < roots.size(); ++i) {
        const float now = roots[i] * roots[i];
        betas[i] = 1 - (i == 0 ? now : now / (roots[i - 1] * roots[i - 1]));
    }
}

}  // namespace

std::vector<float> alphas_cumprod(const SchedulerConfig& config) {
    std::vector<float> betas = betas_of(config);
    if (config.zero_terminal_snr) end_in_noise(betas);
    return product(betas);
}

std::vector<float> finite_alphas_cumprod(const SchedulerConfig& config) {
    auto alphas = alphas_cumprod(config);
    if (config.zero_terminal_snr) alphas.back() = 0x1p-24f;
    return alphas;
}

std::vector<float> training_sigmas(const std::vector<float>& alphas) {
    std::vector<float> out;
    for (const float a : alphas) out.push_back(std::sqrt((1 - a) / a));
    return out;
}

}  // namespace hekla::diffusion
