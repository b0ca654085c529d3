// SPDX-License-Identifier: MIT
//
// PNDM: Liu et al. 2022, arXiv 2202.09778: linear multistep (PLMS) after three Runge-Kutta steps (PRK), which Stable Diffusion
// leaves out and replaces by one Heun step.
#include <algorithm>
#include <cmath>

#include "alpha_sampler.hpp"
#include "makers.hpp"
#include "predicted.hpp"
#include "spacing.hpp"

namespace hekla::diffusion {
namespace {

class Pndm : public AlphaSampler {
  public:
    Pndm(const SchedulerConfig& config, const SamplerOptions& options)
        : AlphaSampler(config), stride_(config.train_steps / options.steps) {
        std::vector<double> plain = spaced_timesteps(config, options.steps, true);
        if (config.skip_prk_steps) {
            if (plain.size() > 1) plain.insert(plain.begin() + 1, plain[1]);
            timesteps_ = std::move(plain);
            return;
        }
        if (plain.size() < 4)
            throw SamplerError(
                "PNDM with Runge-Kutta steps (skip_prk_steps: false) takes at least 4 steps");
        // Three steps of four evaluations: at the start, twice half way, at the end.
        const double half = std::floor(stride_ / 2);
        for (std::size_t i = 0; i < 3; ++i)
            for (const double t :
                 {plain[i], plain[i + 1] + half, plain[i + 1] + half, plain[i + 1]})
                timesteps_.push_back(t);
        runge_kutta_ = timesteps_.size();
        timesteps_.insert(timesteps_.end(), plain.begin() + 3, plain.end());
    }

    Values step(std::size_t i, const Values& output, const Values& sample,
                const DrawNoise&) override {
        const std::size_t turn = turn_++;
        return turn < runge_kutta_ ? runge_kutta(turn, output, sample)
                                   : multistep(i, turn, output, sample);
    }

  private:
    Values runge_kutta(std::size_t turn, const Values& output, const Values& sample) {
        const std::size_t part = turn % 4;
        if (part == 0) {
            start_ = sample;
            outputs_.push_back(output);
            sum_ = Values(sample.size());
        }
        sum_ = combine({{1, sum_}, {part == 0 || part == 3 ? 1.0 / 6 : 1.0 / 3, output}});
        const double from = timesteps_[turn - part];
        const double to = timesteps_[turn] - (part % 2 == 0 ? std::floor(stride_ / 2) : 0);
        return transfer(from, to, part == 3 ? sum_ : output, start_);
    }

    Values multistep(std::size_t i, std::size_t turn, const Values& output, const Values& sample) {
        if (turn == 1) {  // the Heun step that stands for Runge-Kutta: again from the first sample
            const Values mean = combine({{0.5, output}, {0.5, outputs_.back()}});
            return transfer(timesteps_[i] + stride_, timesteps_[i], mean, start_);
        }
        if (outputs_.size() > 3) outputs_.erase(outputs_.begin(), outputs_.end() - 3);
        outputs_.push_back(output);
        if (turn == 0) start_ = sample;
        const auto e = [&](std::size_t back) -> const Values& {
            return outputs_[outputs_.size() - back];
        };
        // Adams and Bashforth's weights.
        Values mean;
        switch (outputs_.size()) {
            case 1:
                mean = output;
                break;
            case 2:
                mean = combine({{3.0 / 2, e(1)}, {-1.0 / 2, e(2)}});
                break;
            case 3:
                mean = combine({{23.0 / 12, e(1)}, {-16.0 / 12, e(2)}, {5.0 / 12, e(3)}});
                break;
            default:
                mean = combine(
                    {{55.0 / 24, e(1)}, {-59.0 / 24, e(2)}, {37.0 / 24, e(3)}, {-9.0 / 24, e(4)}});
        }
        return transfer(timesteps_[i], timesteps_[i] - stride_, mean, sample);
    }

    /// Equation 9, from one timestep to another.
    Values transfer(double from, double to, const Values& output, const Values& sample) const {
        const double a = alpha(from), b = alpha(to);
        const Values noise =
            predicted_noise(config_.prediction, std::sqrt(a), std::sqrt(1 - a), sample, output);
        const double below = a * std::sqrt(1 - b) + std::sqrt(a * (1 - a) * b);
        return combine({{std::sqrt(b / a), sample}, {-(b - a) / below, noise}});
    }

    double stride_;
    std::size_t runge_kutta_ = 0, turn_ = 0;
    std::vector<Values> outputs_;  // the latest last
    Values start_, sum_;
};

}  // namespace

std::unique_ptr<Sampler> make_pndm(const SchedulerConfig& config, const SamplerOptions& options) {
    return std::make_unique<Pndm>(config, options);
}

}  // namespace hekla::diffusion
