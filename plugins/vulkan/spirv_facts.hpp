// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace hekla::vulkan {

/// What a driver will not check for us: drivers may crash on modules that are not valid or ask for more than the device has.
struct SpirvFacts {
    struct Variable {
        uint32_t set, binding;
        bool uniform;  // a uniform block; otherwise a storage buffer
    };

    uint32_t version = 0;                  // 0x00MMmm00
    std::vector<uint32_t> capabilities;    // SPIR-V's numbers
    bool has_main = false;                 // a compute entry point called "main"
    std::array<uint32_t, 3> local_size{};  // with the specialisation constants put in; 0: unknown
    std::optional<uint64_t> shared_bytes{
        0};                           // of workgroup variables; nothing: not computable here
    std::vector<Variable> variables;  // buffers
};

/// Reads a module, its size and every instruction's length checked first. `spec[i]` is specialisation constant i. Throws
/// Failure INVALID_FILE with the word where it went wrong.
SpirvFacts read_spirv(std::span<const uint32_t> words, std::span<const uint32_t> spec);

/// "Float16" for 9 and so on, for messages; null for one this plugin does not use.
const char* spirv_capability_name(uint32_t capability);

}  // namespace hekla::vulkan
