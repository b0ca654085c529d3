// SPDX-License-Identifier: MIT
//
// DDIM: Song, Meng and Ermon 2021, arXiv 2010.02502, equation 12.
#include <cmath>

#include "alpha_sampler.hpp"
#include "makers.hpp"
#include "predicted.hpp"
#include "spacing.hpp"

namespace hekla::diffusion {
namespace {

class Ddim : public AlphaSampler {
  public:
    Ddim(const SchedulerConfig& config, const SamplerOptions& options)
        : AlphaSampler(config), options_(options) {
        timesteps_ = spaced_timesteps(config, options.steps, true);
    }

    Values step(std::size_t i, const Values& output, const Values& sample,
                const DrawNoise& draw) override {
        const double a = alpha(timesteps_[i]);
        const double next =
            alpha(timesteps_[i] - static_cast<double>(config_.train_steps / options_.steps));
        const double root = std::sqrt(a), noise_root = std::sqrt(1 - a);
        Values clean = predicted_clean(config_.prediction, root, noise_root, sample, output);
        const Values noise = predicted_noise(config_.prediction, root, noise_root, sample, output);
        keep_in_bounds(config_, options_.images, clean);
        const double variance = (1 - next) / (1 - a) * (1 - a / next);
        const double deviation = options_.eta > 0 ? options_.eta * std::sqrt(variance) : 0;
        Values out = combine(
            {{std::sqrt(next), clean}, {std::sqrt(1 - next - deviation * deviation), noise}});
        return deviation > 0 ? combine({{1, out}, {deviation, draw()}}) : out;
    }

  private:
    SamplerOptions options_;
};

}  // namespace

std::unique_ptr<Sampler> make_ddim(const SchedulerConfig& config, const SamplerOptions& options) {
    return std::make_unique<Ddim>(config, options);
}

}  // namespace hekla::diffusion
