// SPDX-License-Identifier: MIT
#pragma once

#include "sampler.hpp"

namespace hekla::diffusion {

/// What methods share that add noise to a sample of constant size, sample = clean + sigma * noise, and show it to the network scaled
/// to unit variance (Euler, Heun, LMS; Karras et al. 2022, arXiv 2206.00364).
class SigmaSampler : public Sampler {
  public:
    /// Fills in timesteps and sigmas: the schedule's at the spaced timesteps, or the curve's, then the last one.
    SigmaSampler(const SchedulerConfig& config, int steps);

    double initial_noise() const override;
    Values scaled(std::size_t i, const Values& sample) const override;
    Values noised(std::size_t i, const Values& clean, const Values& noise) const override;

  protected:
    SchedulerConfig config_;
};

}  // namespace hekla::diffusion
