// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

namespace hekla::plan {

/// What a device was measured to take (execute/device_costs.hpp). 0: not measured.
struct DeviceCosts {
    double dispatch_ns = 0;     ///< a dispatch that waits for the one before
    double flop_ns = 0;         ///< of arithmetic at its best
    double byte_ns = 0;         ///< of memory, read or written, as copies move it
    double bounds_factor = 0;   ///< what a read through a binding takes, in reads by address
    double gathers_factor = 0;  ///< what a read of each invocation's own word takes, in reads of one for all

    friend bool operator==(const DeviceCosts&, const DeviceCosts&) = default;
};

/// What the planner knows of a device: numbers only, so plans are made and tested without one.
struct DeviceTraits {
    std::uint64_t capabilities = 0;  ///< HEKLA_PLUGIN_CAP_* bits
    std::uint64_t max_binding_bytes = std::uint64_t{1} << 27;
    std::uint32_t binding_alignment = 256;
    std::uint32_t params_alignment = 256;
    std::uint32_t max_bindings = 16;
    std::uint32_t max_workgroup_invocations = 128;
    std::uint32_t max_workgroup_size[3] = {128, 128, 64};
    std::uint32_t max_group_count[3] = {65535, 65535, 65535};
    std::uint32_t max_shared_bytes = 16384;
    std::uint32_t subgroup_size = 0;
    bool by_address = false;  ///< kernels' twins that read by buffer address are taken, where there are any
    std::uint32_t matrix_m = 0, matrix_n = 0, matrix_k = 0;  ///< of a cooperative matrix product; 0: none
    bool software = false;  ///< runs on a CPU: a subgroup is one vector, matrices are loops
    DeviceCosts costs;
    /// Set for devices that find kernels by op name: true if the op has one there.
    std::function<bool(std::string_view op)> has_kernel;
};

/// A kernel's cost is about what a floating-point operation of one invocation takes, which is more than one of many at once. So many:
constexpr double flops_per_cost = 64;

/// An optional feature, as entries (`needs:`) and hekla_device_info name it.
struct Capability {
    std::string_view name;
    std::uint64_t bit;  ///< HEKLA_PLUGIN_CAP_*
};
std::span<const Capability> capabilities();

/// The bit of a capability as entries name it (`needs: [subgroup_arithmetic]`), or nothing.
std::optional<std::uint64_t> find_capability(std::string_view name);

}  // namespace hekla::plan
