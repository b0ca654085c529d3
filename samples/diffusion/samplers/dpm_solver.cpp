// SPDX-License-Identifier: MIT
//
// DPM-Solver and DPM-Solver++, multistep, orders 1 to 3, with and without fresh noise: Lu et al. 2022, arXiv 2206.00927 and 2211.01095.
//
// All variants share a form. With u the factor that what the network predicted is multiplied by over a step, a step of order 3 is
//     next = keep * sample + u0 * D0 + u1 * D1 + u2 * D2 + fresh * noise
// where D0 is the latest prediction and D1, D2 its first and second differences along lambda.
#include <algorithm>
#include <cmath>

#include "makers.hpp"
#include "predicted.hpp"
#include "solver_sampler.hpp"

namespace hekla::diffusion {
namespace {

/// The factors of one step over h in lambda.
struct Factors {
    double keep, u0, midpoint, u1, u2, fresh;
};

class DpmSolver : public SolverSampler {
  public:
    DpmSolver(const SchedulerConfig& config, const SamplerOptions& options)
        : SolverSampler(config, options.steps, false),
          images_(options.images),
          clean_(config.algorithm.ends_with("++")),
          fresh_noise_(config.algorithm.starts_with("sde")) {
        if (!clean_ && config.final_sigma_zero)
            throw SamplerError("algorithm_type `" + config.algorithm +
                               "` cannot end at sigma 0: final_sigmas_type must be `sigma_min`");
        if (config.solver_order == 3 && config.algorithm == "sde-dpmsolver")
            throw SamplerError("algorithm_type `sde-dpmsolver` has solver_order 1 and 2, not 3");
    }

    Values step(std::size_t i, const Values& output, const Values& sample,
                const DrawNoise& draw) override {
        predictions_.push_back(predicted(i, output, sample));
        if (static_cast<int>(predictions_.size()) > config_.solver_order)
            predictions_.erase(predictions_.begin());
        const Factors f = factors(level(i), level(i + 1));
        const auto p = [&](std::size_t back) -> const Values& {
            return predictions_[predictions_.size() - 1 - back];
        };
        Values next = combine({{f.keep, sample}, {f.u0, p(0)}});
        const int order = order_of(i);
        const double here = level(i).lambda, h = level(i + 1).lambda - here;
        if (order >= 2) {
            const double r0 = (here - level(i - 1).lambda) / h;
            Values first = combine({{1 / r0, p(0)}, {-1 / r0, p(1)}});
            if (order == 2) {
                const bool midpoint = config_.solver_type == "midpoint";
                next = combine({{1, next}, {midpoint ? f.midpoint : f.u1, first}});
            } else {
                const double r1 = (level(i - 1).lambda - level(i - 2).lambda) / h;
                const Values earlier = combine({{1 / r1, p(1)}, {-1 / r1, p(2)}});
                const Values change = combine({{1, first}, {-1, earlier}});
                first = combine({{1, first}, {r0 / (r0 + r1), change}});
                next = combine({{1, next}, {f.u1, first}, {f.u2 / (r0 + r1), change}});
            }
        }
        return fresh_noise_ ? combine({{1, next}, {f.fresh, draw()}}) : next;
    }

  private:
    Values predicted(std::size_t i, const Values& output, const Values& sample) const {
        const NoiseLevel at = level(i);
        if (!clean_ && !config_.threshold)
            return predicted_noise(config_.prediction, at.alpha, at.sigma, sample, output);
        Values clean = predicted_clean(config_.prediction, at.alpha, at.sigma, sample, output);
        if (config_.threshold) keep_in_bounds(config_, images_, clean);
        if (clean_) return clean;
        return combine({{1 / at.sigma, sample}, {-at.alpha / at.sigma, clean}});
    }

    /// Lower at the start, where predictions are missing, and at the end, where few steps make high orders unstable.
    int order_of(std::size_t i) const {
        const std::size_t count = timesteps_.size();
        const bool few = config_.lower_order_final && count < 15;
        int order = static_cast<int>(predictions_.size());
        if (i + 1 == count && (few || config_.euler_at_final || config_.final_sigma_zero))
            order = 1;
        if (i + 2 == count && few) order = std::min(order, 2);
        return order;
    }

    Factors factors(const NoiseLevel& from, const NoiseLevel& to) const {
        const double h = to.lambda - from.lambda;
        if (!clean_) {
            const double scale = to.sigma * (fresh_noise_ ? 2 : 1), e = std::expm1(h);
            return {to.alpha / from.alpha,
                    -scale * e,
                    -0.5 * scale * e,
                    -scale * (e / h - 1),
                    -scale * ((e - h) / (h * h) - 0.5),
                    to.sigma * std::sqrt(std::max(std::expm1(2 * h), 0.0))};
        }
        const double g = fresh_noise_ ? 2 * h : h, e = -std::expm1(-g);  // 1 - exp(-g)
        return {to.sigma / from.sigma * (fresh_noise_ ? std::exp(-h) : 1),
                to.alpha * e,
                0.5 * to.alpha * e,
                to.alpha * (1 - e / g),
                to.alpha * ((e - g) / (g * g) + (fresh_noise_ ? -0.5 : 0.5)),  // as published
                to.sigma * std::sqrt(std::max(-std::expm1(-2 * h), 0.0))};
    }

    std::size_t images_;
    bool clean_, fresh_noise_;
    std::vector<Values> predictions_;  // clean samples or noise; the latest last
};

}  // namespace

std::unique_ptr<Sampler> make_dpm_solver(const SchedulerConfig& config,
                                         const SamplerOptions& options) {
    return std::make_unique<DpmSolver>(config, options);
}

}  // namespace hekla::diffusion
