// SPDX-License-Identifier: MIT
#include "budget.hpp"

namespace hekla::host {

std::uint64_t total_bytes(const hekla_memory_report& memory) {
    return memory.weight_bytes + memory.state_bytes + memory.arena_bytes + memory.io_bytes;
}

std::uint64_t memory_budget(const RunOptions& options, const hekla_memory_report& memory) {
    if (!options.max_memory.empty()) return parse_bytes(options.max_memory);
    return memory.available_bytes / 10 * 9;
}

bool fits(const Model& model, std::span<const hekla_dim_value> dims, const RunOptions& options) {
    const hekla_memory_report memory = model.memory(dims);
    const std::uint64_t budget = memory_budget(options, memory);
    return budget == 0 || total_bytes(memory) <= budget;
}

}  // namespace hekla::host
