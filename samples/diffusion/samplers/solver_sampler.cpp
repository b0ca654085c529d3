// SPDX-License-Identifier: MIT
#include "solver_sampler.hpp"

#include <algorithm>

#include "noise_schedule.hpp"
#include "sigma_curve.hpp"
#include "spacing.hpp"

namespace hekla::diffusion {
namespace {

/// How many training timesteps there are whose lambda is not below the bound; the noisiest are left out.
int usable_timesteps(const SchedulerConfig& config, const std::vector<float>& alphas) {
    const auto below = [&](float a) {
        const float lambda = std::log(std::sqrt(a)) - std::log(std::sqrt(1 - a));
        return lambda < config.lambda_min_clipped;
    };
    return config.train_steps -
           static_cast<int>(std::count_if(alphas.begin(), alphas.end(), below));
}

}  // namespace

SolverSampler::SolverSampler(const SchedulerConfig& config, int steps, bool exact_ends)
    : config_(config) {
    const std::vector<float> alphas = finite_alphas_cumprod(config);
    const std::vector<float> table = training_sigmas(alphas), logs = logarithms(table);
    double last = table.front();
    switch (config.curve) {
        case SigmaCurve::schedule:
            timesteps_ = solver_timesteps(config, steps, usable_timesteps(config, alphas));
            for (const double t : timesteps_) sigmas_.push_back(interpolate(table, t));
            break;
        case SigmaCurve::flow: {
            const auto shares = linspace(1, 1.0 / config.train_steps, steps + 1);
            for (int i = steps; i > 0; --i) {
                const double x = 1 - shares[static_cast<std::size_t>(i)];
                sigmas_.push_back(config.flow_shift * x / (1 + (config.flow_shift - 1) * x));
                timesteps_.push_back(std::trunc(sigmas_.back() * config.train_steps));
            }
            if (exact_ends) last = sigmas_.back();
            break;
        }
        default: {
            if (config.curve ==
                SigmaCurve::lu)  // evenly spaced in lambda (Lu et al. 2022, arXiv 2206.00927)
                for (const double log : linspace(logs.back(), logs.front(), steps))
                    sigmas_.push_back(std::exp(log));
            else
                sigmas_ = curved_sigmas(config, table.back(), table.front(), steps);
            const bool nearest =
                (config.curve == SigmaCurve::karras || config.curve == SigmaCurve::lu) &&
                (exact_ends || config.beta_schedule != "squaredcos_cap_v2");
            for (const double sigma : sigmas_) {
                const double t = timestep_of_sigma(sigma, logs);
                timesteps_.push_back(nearest ? std::nearbyint(t) : std::trunc(t));
            }
            if (exact_ends) last = sigmas_.back();
        }
    }
    sigmas_.push_back(config.final_sigma_zero ? 0 : last);
    for (double& sigma : sigmas_) sigma = static_cast<float>(sigma);
}

NoiseLevel SolverSampler::level(std::size_t i) const {
    NoiseLevel out{};
    if (config_.curve == SigmaCurve::flow) {
        out.alpha = 1 - sigmas_[i];
        out.sigma = sigmas_[i];
    } else {
        out.alpha = 1 / std::sqrt(sigmas_[i] * sigmas_[i] + 1);
        out.sigma = sigmas_[i] * out.alpha;
    }
    out.lambda = std::log(out.alpha) - std::log(out.sigma);
    return out;
}

Values SolverSampler::noised(std::size_t i, const Values& clean, const Values& noise) const {
    const NoiseLevel at = level(i);
    return combine({{at.alpha, clean}, {at.sigma, noise}});
}

}  // namespace hekla::diffusion
