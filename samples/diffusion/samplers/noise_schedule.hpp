// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "scheduler_config.hpp"

namespace hekla::diffusion {

/// How much of the clean sample is left after each training timestep: the product of (1 - beta) up to it, [train_steps].
/// Single precision in the order in which published models were trained with it, since small differences near 1 and 0 matter.
std::vector<float> alphas_cumprod(const SchedulerConfig& config);

/// The same with the last value lifted from 0 to 2^-24 where the schedule ends in pure noise, so that its sigma is finite.
std::vector<float> finite_alphas_cumprod(const SchedulerConfig& config);

/// Noise over signal, sqrt((1 - a) / a), for each training timestep.
std::vector<float> training_sigmas(const std::vector<float>& alphas);

}  // namespace hekla::diffusion
