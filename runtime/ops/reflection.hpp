// SPDX-License-Identifier: MIT
#pragma once

#include "ops/entry.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace hekla::ops {

/// One 32-bit word of the parameter block.
struct BlockWord {
    std::string name;  ///< `grid_x`, `x_offset`, `x_s0`, or a param's name
    bool is_float = false;
};

/// The parameter block every kernel of the op declares at binding 0, in order; with the words of addresses, and those of kernels that say `norms:`,
/// if asked for.
std::vector<BlockWord> parameter_block(const Entry& entry, bool by_address = false, bool norms = false);

/// Compares SPIR-V with what the entry says of it: entry point, local size from specialisation constants 0 to 2, the others' numbers
/// and sizes, the parameter block's words, the storage buffers, and the device features used. Returns what is wrong, one sentence
/// each, naming the kernel; empty: nothing. `by_address`: the twin that binds no buffers. Any words may be given; they need not be SPIR-V.
std::vector<std::string> compare_with_entry(const Entry& entry, const KernelSpec& kernel,
                                            std::span<const std::uint32_t> spirv,
                                            bool by_address = false);

}  // namespace hekla::ops
