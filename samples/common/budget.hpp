// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <hekla/hekla.hpp>
#include <span>

#include "options.hpp"

namespace hekla::host {

/// Device memory that a model and one context of it take at these sizes.
std::uint64_t total_bytes(const hekla_memory_report& memory);

/// What may be taken: --max-memory, or else what the device had free when it was opened, less a tenth that drivers take themselves. 0: not known.
std::uint64_t memory_budget(const RunOptions& options, const hekla_memory_report& memory);

/// Whether a run with these sizes stays within the budget, told by hekla_model_memory before anything is taken.
bool fits(const Model& model, std::span<const hekla_dim_value> dims, const RunOptions& options);

}  // namespace hekla::host
