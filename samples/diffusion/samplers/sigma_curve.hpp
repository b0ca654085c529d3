// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "scheduler_config.hpp"

namespace hekla::diffusion {

/// `steps` sigmas from `largest` down to `smallest` along the configuration's curve (karras, exponential or beta);
/// its sigma_max and sigma_min, where given, take their places.
std::vector<double> curved_sigmas(const SchedulerConfig& config, double largest, double smallest,
                                  int steps);

/// The timestep, not always a whole one, whose training sigma is `sigma`: interpolated between logarithms.
double timestep_of_sigma(double sigma, const std::vector<float>& log_sigmas);

/// Logarithms in single precision.
std::vector<float> logarithms(const std::vector<float>& sigmas);

/// The x below which a beta-distributed number with both parameters `shape` lies with probability p.
double beta_quantile(double p, double shape);

}  // namespace hekla::diffusion
