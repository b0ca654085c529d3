// SPDX-License-Identifier: MIT
//
// Euler's method on a straight flow from noise to data (rectified flow; Esser et al. 2024, arXiv 2403.03206).
#include "makers.hpp"
#include "sigma_curve.hpp"
#include "spacing.hpp"

namespace hekla::diffusion {
namespace {

class FlowEuler : public Sampler {
  public:
    FlowEuler(const SchedulerConfig& config, const SamplerOptions& options) : config_(config) {
        const auto shifted = [&](double sigma) {
            return config.flow_shift * sigma / (1 + (config.flow_shift - 1) * sigma);
        };
        const double train = config.train_steps;
        for (const double t : linspace(train, shifted(1 / train) * train, options.steps))
            sigmas_.push_back(shifted(t / train));
        if (config.shift_terminal > 0) {  // stretched so that the last sigma is the one asked for
            const double stretch = (1 - sigmas_.back()) / (1 - config.shift_terminal);
            for (double& sigma : sigmas_) sigma = 1 - (1 - sigma) / stretch;
        }
        if (config.curve != SigmaCurve::schedule)
            sigmas_ = curved_sigmas(config, sigmas_.front(), sigmas_.back(), options.steps);
        if (config.invert_sigmas)
            for (double& sigma : sigmas_) sigma = 1 - sigma;
        for (double& sigma : sigmas_) {
            sigma = static_cast<float>(sigma);
            timesteps_.push_back(sigma * train);
        }
        sigmas_.push_back(config.invert_sigmas ? 1 : 0);
    }

    Values noised(std::size_t i, const Values& clean, const Values& noise) const override {
        return combine({{1 - sigmas_[i], clean}, {sigmas_[i], noise}});
    }

    Values step(std::size_t i, const Values& output, const Values& sample,
                const DrawNoise& draw) override {
        if (!config_.stochastic)
            return combine({{1, sample}, {sigmas_[i + 1] - sigmas_[i], output}});
        const Values clean = combine({{1, sample}, {-sigmas_[i], output}});
        return noised(i + 1, clean, draw());
    }

  private:
    SchedulerConfig config_;
};

}  // namespace

std::unique_ptr<Sampler> make_flow_euler(const SchedulerConfig& config,
                                         const SamplerOptions& options) {
    return std::make_unique<FlowEuler>(config, options);
}

}  // namespace hekla::diffusion
