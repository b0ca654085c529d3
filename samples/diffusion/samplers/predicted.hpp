// SPDX-License-Identifier: MIT
#pragma once

#include "scheduler_config.hpp"
#include "values.hpp"

namespace hekla::diffusion {

/// The clean sample that the network sees in sample = alpha * clean + sigma * noise.
Values predicted_clean(Prediction prediction, double alpha, double sigma, const Values& sample,
                       const Values& output);

/// The noise it sees there.
Values predicted_noise(Prediction prediction, double alpha, double sigma, const Values& sample,
                       const Values& output);

/// The clean sample in sample = clean + sigma * noise, which the network was shown scaled to unit variance.
Values predicted_clean_unscaled(Prediction prediction, double sigma, const Values& sample,
                                const Values& output);

/// Keeps a predicted clean sample in bounds: dynamic thresholds (Saharia et al. 2022, arXiv 2205.11487) per image, or a fixed range.
void keep_in_bounds(const SchedulerConfig& config, std::size_t images, Values& clean);

}  // namespace hekla::diffusion
