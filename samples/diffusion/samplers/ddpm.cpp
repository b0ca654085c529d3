// SPDX-License-Identifier: MIT
//
// DDPM: Ho, Jain and Abbeel 2020, arXiv 2006.11239, equations 6 and 7, between the timesteps visited.
#include <algorithm>
#include <cmath>

#include "alpha_sampler.hpp"
#include "makers.hpp"
#include "predicted.hpp"
#include "spacing.hpp"

namespace hekla::diffusion {
namespace {

class Ddpm : public AlphaSampler {
  public:
    Ddpm(const SchedulerConfig& config, const SamplerOptions& options)
        : AlphaSampler(config), images_(options.images) {
        config_.final_alpha_one = true;
        timesteps_ = spaced_timesteps(config, options.steps, true);
    }

    Values step(std::size_t i, const Values& output, const Values& sample,
                const DrawNoise& draw) override {
        const double a = alpha(timesteps_[i]);
        const double next = alpha(i + 1 < timesteps_.size() ? timesteps_[i + 1] : -1);
        const double step_alpha = a / next, step_beta = 1 - step_alpha;
        Values clean =
            predicted_clean(config_.prediction, std::sqrt(a), std::sqrt(1 - a), sample, output);
        keep_in_bounds(config_, images_, clean);
        Values out = combine({{std::sqrt(next) * step_beta / (1 - a), clean},
                              {std::sqrt(step_alpha) * (1 - next) / (1 - a), sample}});
        if (timesteps_[i] <= 0) return out;
        const double variance = config_.variance_type == "fixed_large"
                                    ? step_beta
                                    : std::max((1 - next) / (1 - a) * step_beta, 1e-20);
        return combine({{1, out}, {std::sqrt(variance), draw()}});
    }

  private:
    std::size_t images_;
};

}  // namespace

std::unique_ptr<Sampler> make_ddpm(const SchedulerConfig& config, const SamplerOptions& options) {
    return std::make_unique<Ddpm>(config, options);
}

}  // namespace hekla::diffusion
