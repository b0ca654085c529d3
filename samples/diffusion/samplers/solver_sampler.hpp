// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

#include "sampler.hpp"

namespace hekla::diffusion {

/// A noise level seen as DPM-Solver and UniPC do: sample = alpha * clean + sigma * noise, and lambda, the logarithm of alpha / sigma.
struct NoiseLevel {
    double alpha, sigma, lambda;
};

/// What both share: a sample of unit variance, sigmas of signal to noise (or of a flow), and the schedule of timesteps.
class SolverSampler : public Sampler {
  public:
    /// `exact_ends`: a curve's last sigma is its own end, not the schedule's, and its timesteps are whole (UniPC).
    SolverSampler(const SchedulerConfig& config, int steps, bool exact_ends);

    Values noised(std::size_t i, const Values& clean, const Values& noise) const override;

  protected:
    NoiseLevel level(std::size_t i) const;

    SchedulerConfig config_;
};

}  // namespace hekla::diffusion
