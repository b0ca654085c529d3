// SPDX-License-Identifier: MIT
//
// Euler's method on the probability flow: Karras et al. 2022, arXiv 2206.00364, algorithm 2 without its second order and churn.
#include "makers.hpp"
#include "predicted.hpp"
#include "sigma_sampler.hpp"

namespace hekla::diffusion {
namespace {

class Euler : public SigmaSampler {
  public:
    using SigmaSampler::SigmaSampler;

    Values step(std::size_t i, const Values& output, const Values& sample,
                const DrawNoise&) override {
        const Values clean =
            predicted_clean_unscaled(config_.prediction, sigmas_[i], sample, output);
        const double share = sigmas_[i + 1] / sigmas_[i];
        return combine({{share, sample}, {1 - share, clean}});
    }
};

}  // namespace

std::unique_ptr<Sampler> make_euler(const SchedulerConfig& config, const SamplerOptions& options) {
    return std::make_unique<Euler>(config, options.steps);
}

}  // namespace hekla::diffusion
