// SPDX-License-Identifier: MIT
//
// Heun's method: Karras et al. 2022, arXiv 2206.00364, algorithm 1. Two evaluations a step, but for the last.
#include "makers.hpp"
#include "predicted.hpp"
#include "sigma_sampler.hpp"

namespace hekla::diffusion {
namespace {

/// Every item twice, but for the first.
std::vector<double> doubled(const std::vector<double>& items) {
    std::vector<double> out{items.front()};
    for (std::size_t i = 1; i < items.size(); ++i) out.insert(out.end(), 2, items[i]);
    return out;
}

class Heun : public SigmaSampler {
  public:
    Heun(const SchedulerConfig& config, const SamplerOptions& options)
        : SigmaSampler(config, options.steps), images_(options.images) {
        timesteps_ = doubled(timesteps_);
        sigmas_ = doubled(sigmas_);
        sigmas_.pop_back();
    }

    int evaluations_per_step() const override { return 2; }

    Values step(std::size_t i, const Values& output, const Values& sample,
                const DrawNoise&) override {
        const double sigma = sigmas_[i];
        Values clean = predicted_clean_unscaled(config_.prediction, sigma, sample, output);
        keep_in_bounds(config_, images_, clean);
        Values slope = combine({{1 / sigma, sample}, {-1 / sigma, clean}});
        if (first_slope_.empty()) {
            first_slope_ = slope;
            start_ = sample;
            return combine({{1, sample}, {sigmas_[i + 1] - sigma, slope}});
        }
        const double width = (sigma - sigmas_[i - 1]) / 2;
        Values out = combine({{1, start_}, {width, first_slope_}, {width, slope}});
        first_slope_.clear();
        return out;
    }

  private:
    std::size_t images_;
    Values start_, first_slope_;  // of a step half done
};

}  // namespace

std::unique_ptr<Sampler> make_heun(const SchedulerConfig& config, const SamplerOptions& options) {
    return std::make_unique<Heun>(config, options);
}

}  // namespace hekla::diffusion
