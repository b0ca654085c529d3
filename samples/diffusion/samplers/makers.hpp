// SPDX-License-Identifier: MIT
//
// One maker per method, each in the file of its name. Called by make_sampler alone.
#pragma once

#include <memory>

#include "sampler.hpp"

namespace hekla::diffusion {

using MakeSampler = std::unique_ptr<Sampler>(const SchedulerConfig& config,
                                             const SamplerOptions& options);
MakeSampler make_ddim, make_ddpm, make_pndm, make_lcm;
MakeSampler make_euler, make_euler_ancestral, make_heun, make_lms;
MakeSampler make_dpm_solver, make_unipc, make_flow_euler;

}  // namespace hekla::diffusion
