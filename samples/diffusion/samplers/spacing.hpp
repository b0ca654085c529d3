// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "scheduler_config.hpp"

namespace hekla::diffusion {

/// `count` numbers from `from` to `to`, both included; only `from` if there is one.
std::vector<double> linspace(double from, double to, int count);

/// The training timesteps a run of `steps` visits, the noisiest first. Whole numbers, but for linspace where `whole` is false.
std::vector<double> spaced_timesteps(const SchedulerConfig& config, int steps, bool whole);

/// As DPM-Solver and UniPC space them: one interval more, whose last point is left out, below `last` training timesteps.
std::vector<double> solver_timesteps(const SchedulerConfig& config, int steps, int last);

/// The table's value at a place between its entries; the nearest end outside.
double interpolate(const std::vector<float>& table, double at);

}  // namespace hekla::diffusion
