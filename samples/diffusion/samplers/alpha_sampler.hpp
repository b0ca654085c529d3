// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

#include "noise_schedule.hpp"
#include "sampler.hpp"

namespace hekla::diffusion {

/// What methods share that keep the sample at unit variance and look up alphas at whole timesteps (DDIM, DDPM, PNDM, LCM).
class AlphaSampler : public Sampler {
  public:
    explicit AlphaSampler(const SchedulerConfig& config)
        : config_(config), alphas_(alphas_cumprod(config)) {
        if (config.zero_terminal_snr && config.prediction == Prediction::noise)
            throw SamplerError(
                "rescale_betas_zero_snr makes the first timestep pure noise, in which a network "
                "of prediction_type `epsilon` sees nothing: `v_prediction` or `sample` is needed");
    }

    Values noised(std::size_t i, const Values& clean, const Values& noise) const override {
        const double a = alpha(timesteps_[i]);
        return combine({{std::sqrt(a), clean}, {std::sqrt(1 - a), noise}});
    }

  protected:
    /// Share of the signal's variance left at a timestep; before the first one, that of the clean end.
    double alpha(double timestep) const {
        if (timestep < 0) return config_.final_alpha_one ? 1 : alphas_.front();
        return alphas_[std::min(static_cast<std::size_t>(timestep), alphas_.size() - 1)];
    }

    SchedulerConfig config_;
    std::vector<float> alphas_;
};

}  // namespace hekla::diffusion
