// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

/// What the build put into the library from shaders/. Static memory; any thread.
namespace hekla::ops {

struct EmbeddedEntry {
    std::string_view name;  ///< of the op
    std::string_view yaml;
};

struct EmbeddedShader {
    std::string_view name;  ///< of the file, without `.comp`
    std::span<const std::uint32_t> spirv;
};

/// Sorted by name.
std::span<const EmbeddedEntry> embedded_entries();
std::span<const EmbeddedShader> embedded_shaders();

/// The SPIR-V of shaders/<name>.comp; empty: there is none.
std::span<const std::uint32_t> find_shader(std::string_view name);

/// Shaders that say `#pragma twin(address)` are compiled a second time, with ADDRESSED, as <name>_by_address: the kernel binds nothing
/// but its parameter block, which holds the address of every tensor (shaders/include/block.glsl).
inline constexpr std::string_view twin_suffix = "_by_address";
bool has_twin(std::string_view name);
std::span<const std::uint32_t> find_twin(std::string_view name);

}  // namespace hekla::ops
