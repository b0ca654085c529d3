// SPDX-License-Identifier: MIT
//
// UniPC: Zhao et al. 2023, arXiv 2302.04867. A predictor of any order, and a corrector that reuses the next evaluation to mend the
// step that led to it.
#include <algorithm>
#include <cmath>

#include "makers.hpp"
#include "predicted.hpp"
#include "solver_sampler.hpp"

namespace hekla::diffusion {
namespace {

/// Solves the square system rows * x = right by elimination with pivots.
std::vector<double> solve(std::vector<std::vector<double>> rows, std::vector<double> right) {
    const std::size_t n = right.size();
    for (std::size_t k = 0; k < n; ++k) {
        std::size_t pivot = k;
        for (std::size_t r = k + 1; r < n; ++r)
            if (std::fabs(rows[r][k]) > std::fabs(rows[pivot][k])) pivot = r;
        std::swap(rows[k], rows[pivot]);
        std::swap(right[k], right[pivot]);
        for (std::size_t r = k + 1; r < n; ++r) {
            const double share = rows[r][k] / rows[k][k];
            for (std::size_t c = k; c < n; ++c) rows[r][c] -= share * rows[k][c];
            right[r] -= share * right[k];
        }
    }
    for (std::size_t k = n; k-- > 0;) {
        for (std::size_t c = k + 1; c < n; ++c) right[k] -= rows[k][c] * right[c];
        right[k] /= rows[k][k];
    }
    return right;
}

class UniPc : public SolverSampler {
  public:
    UniPc(const SchedulerConfig& config, const SamplerOptions& options)
        : SolverSampler(config, options.steps, true), images_(options.images) {}

    Values step(std::size_t i, const Values& output, const Values& sample,
                const DrawNoise&) override {
        const Values prediction = predicted(i, output, sample);
        const auto& never = config_.uncorrected_steps;
        const bool correct =
            !predictions_.empty() &&
            std::find(never.begin(), never.end(), static_cast<int>(i) - 1) == never.end();
        const Values start = correct ? update(i - 1, order_, start_, &prediction) : sample;

        predictions_.push_back(prediction);
        const auto most = static_cast<std::size_t>(config_.solver_order);
        if (predictions_.size() > most) predictions_.erase(predictions_.begin());
        order_ = predictions_.size();
        if (config_.lower_order_final) order_ = std::min(order_, timesteps_.size() - i);
        start_ = start;
        return update(i, order_, start_, nullptr);
    }

  private:
    Values predicted(std::size_t i, const Values& output, const Values& sample) const {
        const NoiseLevel at = level(i);
        if (!config_.predict_clean)
            return predicted_noise(config_.prediction, at.alpha, at.sigma, sample, output);
        Values clean = predicted_clean(config_.prediction, at.alpha, at.sigma, sample, output);
        if (config_.threshold) keep_in_bounds(config_, images_, clean);
        return clean;
    }

    /// The sample at i + 1 from the one at i and the predictions up to i; `arrived`, if not null, is the prediction at i + 1.
    Values update(std::size_t i, std::size_t order, const Values& sample,
                  const Values* arrived) const {
        const NoiseLevel from = level(i), to = level(i + 1);
        const double h = to.lambda - from.lambda, signed_h = config_.predict_clean ? -h : h;
        const double growth = std::expm1(signed_h);
        const double b = config_.solver_type == "bh1" ? signed_h : growth;
        const double scale = config_.predict_clean ? to.alpha : to.sigma;
        const Values& latest = predictions_.back();
        Values out = combine(
            {{config_.predict_clean ? to.sigma / from.sigma : to.alpha / from.alpha, sample},
             {-scale * growth, latest}});

        // Where in the step, in shares of h, the differences to the latest prediction lie; the last is the step's end.
        std::vector<double> places;
        for (std::size_t k = 1; k < order; ++k)
            places.push_back((level(i - k).lambda - from.lambda) / h);
        places.push_back(1);
        const std::vector<double> weights = weights_of(places, signed_h, b, arrived != nullptr);
        for (std::size_t k = 0; k < weights.size(); ++k) {
            const Values& other =
                k + 1 < places.size() ? predictions_[predictions_.size() - 2 - k] : *arrived;
            const double factor = -scale * b * weights[k] / places[k];
            out = combine({{1, out}, {factor, other}, {-factor, latest}});
        }
        return out;
    }

    /// Weights with which the differences match the Taylor expansion; with one unknown the paper's simpler 1/2.
    static std::vector<double> weights_of(const std::vector<double>& places, double h, double b,
                                          bool with_end) {
        const std::size_t count = with_end ? places.size() : places.size() - 1;
        if (count == 0) return {};
        if (count == 1) return {0.5};
        std::vector<std::vector<double>> rows;
        std::vector<double> right;
        double phi = std::expm1(h) / h - 1, factorial = 1;
        for (std::size_t r = 0; r < count; ++r) {
            rows.emplace_back();
            for (std::size_t c = 0; c < count; ++c)
                rows.back().push_back(std::pow(places[c], static_cast<double>(r)));
            right.push_back(phi * factorial / b);
            factorial *= static_cast<double>(r + 2);
            phi = phi / h - 1 / factorial;
        }
        return solve(std::move(rows), std::move(right));
    }

    std::size_t images_;
    std::size_t order_ = 1;            // of the last predictor
    std::vector<Values> predictions_;  // the latest last
    Values start_;                     // the corrected sample before the last predictor
};

}  // namespace

std::unique_ptr<Sampler> make_unipc(const SchedulerConfig& config, const SamplerOptions& options) {
    return std::make_unique<UniPc>(config, options);
}

}  // namespace hekla::diffusion
