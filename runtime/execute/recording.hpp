// SPDX-License-Identifier: MIT
#pragma once

#include "execute/model.hpp"

#include <memory>
#include <span>

namespace hekla::execute {

/// A plan ready for replay: its own buffers, and the program that runs it.
struct Recording {
    plan::Plan plan;
    Buffer params, upload, download, constants;
    std::unique_ptr<Program> program;
};

/// A context's memory, where a plan's arena and state slots lie. Outlives what is recorded against it.
struct ContextMemory {
    hekla_plugin_buffer* arena;
    hekla_plugin_buffer* state;
    std::span<const std::uint64_t> state_offsets;
};

/// Compiles what kernels are missing and records the plan. `dispatch_all`: each kernel is also dispatched once over no groups, for drivers that
/// compile at the first dispatch. Throws Error, and Cancelled where `progress` says so.
Recording record(Model& model, plan::Plan plan, const ContextMemory& memory, bool timed,
                 bool dispatch_all, const Progress& progress);

}  // namespace hekla::execute
