// SPDX-License-Identifier: MIT
//
// Euler's method to a lower sigma than the next one, then fresh noise up to it (K. Crowson, k-diffusion, after arXiv 2011.13456).
#include <cmath>

#include "makers.hpp"
#include "predicted.hpp"
#include "sigma_sampler.hpp"

namespace hekla::diffusion {
namespace {

class EulerAncestral : public SigmaSampler {
  public:
    using SigmaSampler::SigmaSampler;

    Values step(std::size_t i, const Values& output, const Values& sample,
                const DrawNoise& draw) override {
        const double from = sigmas_[i], to = sigmas_[i + 1];
        const Values clean = predicted_clean_unscaled(config_.prediction, from, sample, output);
        const double up = std::sqrt(to * to * (from * from - to * to) / (from * from));
        const double down = std::sqrt(to * to - up * up);
        return combine({{down / from, sample}, {1 - down / from, clean}, {up, draw()}});
    }
};

}  // namespace

std::unique_ptr<Sampler> make_euler_ancestral(const SchedulerConfig& config,
                                              const SamplerOptions& options) {
    return std::make_unique<EulerAncestral>(config, options.steps);
}

}  // namespace hekla::diffusion
