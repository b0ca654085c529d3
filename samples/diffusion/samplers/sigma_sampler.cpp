// SPDX-License-Identifier: MIT
#include "sigma_sampler.hpp"

#include <algorithm>
#include <cmath>

#include "noise_schedule.hpp"
#include "sigma_curve.hpp"
#include "spacing.hpp"

namespace hekla::diffusion {

SigmaSampler::SigmaSampler(const SchedulerConfig& config, int steps) : config_(config) {
    const std::vector<float> table = training_sigmas(finite_alphas_cumprod(config));
    const std::vector<float> logs = logarithms(table);
    timesteps_ = spaced_timesteps(config, steps, false);
    if (config.log_linear)
        for (const double log : linspace(logs.back(), logs.front(), steps + 1))
            sigmas_.push_back(std::exp(log));
    else
        for (const double t : timesteps_) sigmas_.push_back(interpolate(table, t));
    if (config.curve != SigmaCurve::schedule) {
        sigmas_ = curved_sigmas(config, sigmas_.front(), sigmas_.back(), steps);
        timesteps_.clear();
        for (const double sigma : sigmas_) timesteps_.push_back(timestep_of_sigma(sigma, logs));
    }
    sigmas_.push_back(config.final_sigma_zero ? 0 : table.front());
    for (double& sigma : sigmas_) sigma = static_cast<float>(sigma);
    if (config.continuous_time)
        for (std::size_t i = 0; i < timesteps_.size(); ++i)
            timesteps_[i] = 0.25 * std::log(sigmas_[i]);
}

double SigmaSampler::initial_noise() const {
    const double largest = *std::max_element(sigmas_.begin(), sigmas_.end());
    return config_.spacing == Spacing::leading ? std::sqrt(largest * largest + 1) : largest;
}

Values SigmaSampler::scaled(std::size_t i, const Values& sample) const {
    return combine({{1 / std::sqrt(sigmas_[i] * sigmas_[i] + 1), sample}});
}

Values SigmaSampler::noised(std::size_t i, const Values& clean, const Values& noise) const {
    return combine({{1, clean}, {sigmas_[i], noise}});
}

}  // namespace hekla::diffusion
