// SPDX-License-Identifier: MIT
#include "plan/device_traits.hpp"

#include "hekla/hekla_plugin.h"

namespace hekla::plan {

std::span<const Capability> capabilities() {
    static constexpr Capability table[] = {
        {"storage_16bit", HEKLA_PLUGIN_CAP_STORAGE_16BIT},
        {"storage_8bit", HEKLA_PLUGIN_CAP_STORAGE_8BIT},
        {"float16", HEKLA_PLUGIN_CAP_FLOAT16},
        {"int8", HEKLA_PLUGIN_CAP_INT8},
        {"subgroup_arithmetic", HEKLA_PLUGIN_CAP_SUBGROUP_ARITHMETIC},
        {"subgroup_shuffle", HEKLA_PLUGIN_CAP_SUBGROUP_SHUFFLE},
        {"integer_dot", HEKLA_PLUGIN_CAP_INTEGER_DOT},
        {"cooperative_matrix", HEKLA_PLUGIN_CAP_COOPERATIVE_MATRIX},
        {"cooperative_matrix2", HEKLA_PLUGIN_CAP_COOPERATIVE_MATRIX2},
        {"buffer_address", HEKLA_PLUGIN_CAP_BUFFER_ADDRESS},
    };
    return table;
}

std::optional<std::uint64_t> find_capability(std::string_view name) {
    for (const Capability& capability : capabilities())
        if (capability.name == name) return capability.bit;
    return std::nullopt;
}

}  // namespace hekla::plan
