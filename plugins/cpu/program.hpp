// SPDX-License-Identifier: MIT
#pragma once

#include "device.hpp"

#include <hekla/hekla_plugin.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace hekla::cpu {

/// A step with its addresses resolved.
struct Step {
    const hekla_plugin_kernel* kernel;  ///< null: a copy from ranges[0] to ranges[1]
    std::uint32_t first_range;
    std::uint32_t range_count;
    const std::byte* params;
    std::uint32_t segment;
};

/// Throws Failure(INVALID_ARGUMENT) naming the step.
std::unique_ptr<hekla_plugin_program> create_program(const hekla_plugin_device& device,
                                                     const hekla_plugin_program_desc& desc);

/// Runs the steps of one segment in their order; returns when they are done. Throws Failure.
void run_segment(hekla_plugin_device& device, hekla_plugin_program& program, std::uint32_t segment);

}  // namespace hekla::cpu

struct hekla_plugin_program {
    std::vector<hekla::cpu::Step> steps;
    std::vector<hekla::cpu::Range> ranges;
    std::vector<hekla_plugin_times> times;  ///< one per step; empty if the program is not timed
};
