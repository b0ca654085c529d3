// SPDX-License-Identifier: MIT
//
// Linear multistep of order four over sigmas of any spacing (K. Crowson, k-diffusion): Adams and Bashforth's method with the
// polynomial through the last slopes integrated over the step.
#include <cmath>

#include "makers.hpp"
#include "predicted.hpp"
#include "sigma_sampler.hpp"

namespace hekla::diffusion {
namespace {

class Lms : public SigmaSampler {
  public:
    using SigmaSampler::SigmaSampler;

    Values step(std::size_t i, const Values& output, const Values& sample,
                const DrawNoise&) override {
        const double sigma = sigmas_[i];
        const Values clean = predicted_clean_unscaled(config_.prediction, sigma, sample, output);
        slopes_.push_back(combine({{1 / sigma, sample}, {-1 / sigma, clean}}));
        if (slopes_.size() > 4) slopes_.erase(slopes_.begin());
        Values out = sample;
        for (std::size_t j = 0; j < slopes_.size(); ++j)
            out = combine({{1, out}, {weight(i, j), slopes_[slopes_.size() - 1 - j]}});
        return out;
    }

  private:
    /// The integral over the step of the polynomial that is 1 at the j-th slope back and 0 at the others. Two points of Gauss and
    /// Legendre are exact for its degree, three at most.
    double weight(std::size_t i, std::size_t j) const {
        const double middle = (sigmas_[i] + sigmas_[i + 1]) / 2;
        const double half = (sigmas_[i + 1] - sigmas_[i]) / 2;
        double sum = 0;
        for (const double side : {-1 / std::sqrt(3.0), 1 / std::sqrt(3.0)}) {
            double value = 1;
            for (std::size_t k = 0; k < slopes_.size(); ++k)
                if (k != j)
                    value *=
                        (middle + side * half - sigmas_[i - k]) / (sigmas_[i - j] - sigmas_[i - k]);
            sum += value * half;
        }
        return sum;
    }

    std::vector<Values> slopes_;  // the latest last
};

}  // namespace

std::unique_ptr<Sampler> make_lms(const SchedulerConfig& config, const SamplerOptions& options) {
    return std::make_unique<Lms>(config, options.steps);
}

}  // namespace hekla::diffusion
