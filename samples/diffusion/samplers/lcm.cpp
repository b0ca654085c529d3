// SPDX-License-Identifier: MIT
//
// Latent consistency models: Luo et al. 2023, arXiv 2310.04378.
#include <cmath>

#include "alpha_sampler.hpp"
#include "makers.hpp"
#include "predicted.hpp"

namespace hekla::diffusion {
namespace {

class Lcm : public AlphaSampler {
  public:
    Lcm(const SchedulerConfig& config, const SamplerOptions& options)
        : AlphaSampler(config), images_(options.images) {
        const int trained = config.original_steps, stride = config.train_steps / trained;
        if (options.steps > trained)
            throw SamplerError("this model was distilled to " + std::to_string(trained) +
                               " steps (original_inference_steps); " +
                               std::to_string(options.steps) + " are more");
        // Evenly spaced places on the timesteps of distillation, from the noisiest down.
        for (int i = 0; i < options.steps; ++i) {
            const auto at = static_cast<int>(i * (static_cast<double>(trained) / options.steps));
            timesteps_.push_back((trained - at) * stride - 1);
        }
    }

    Values step(std::size_t i, const Values& output, const Values& sample,
                const DrawNoise& draw) override {
        const double a = alpha(timesteps_[i]);
        Values clean =
            predicted_clean(config_.prediction, std::sqrt(a), std::sqrt(1 - a), sample, output);
        keep_in_bounds(config_, images_, clean);
        // Boundary condition: at timestep 0 the sample itself.
        constexpr double data = 0.5;
        const double t = timesteps_[i] * config_.timestep_scaling;
        const Values consistent = combine({{t / std::sqrt(t * t + data * data), clean},
                                           {data * data / (t * t + data * data), sample}});
        return i + 1 < timesteps_.size() ? noised(i + 1, consistent, draw()) : consistent;
    }

  private:
    std::size_t images_;
};

}  // namespace

std::unique_ptr<Sampler> make_lcm(const SchedulerConfig& config, const SamplerOptions& options) {
    return std::make_unique<Lcm>(config, options);
}

}  // namespace hekla::diffusion
