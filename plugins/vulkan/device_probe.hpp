// SPDX-License-Identifier: MIT
#pragma once

#include "features.hpp"
#include "vk_table.hpp"

#include <array>
#include <string>
#include <vector>

namespace hekla::vulkan {

/// Sizes of one cooperative matrix product, [m, k] times [k, n], both f16, summed in f32; zeros: there is none.
struct MatrixShape {
    uint32_t m = 0, n = 0, k = 0;
};

/// All that is ever asked of a physical device, as plain values: decisions are made from this (device_plan.hpp), so they can be
/// tested with devices that do not exist.
struct DeviceSnapshot {
    VkPhysicalDeviceProperties properties{};
    uint32_t api_version = 0;  // in use: the smaller of the instance's and the device's
    VkDriverId driver_id{};    // 0 if the driver does not say
    std::string driver;        // its name and version, for reports
    uint32_t subgroup_size = 0;
    VkShaderStageFlags subgroup_stages = 0;
    VkSubgroupFeatureFlags subgroup_operations = 0;
    uint64_t max_allocation_bytes = 0;
    VkPhysicalDeviceMemoryProperties memory{};
    bool has_budget = false;  // the two lists below are filled, bytes per heap
    std::array<uint64_t, VK_MAX_MEMORY_HEAPS> heap_budget{};
    std::array<uint64_t, VK_MAX_MEMORY_HEAPS> heap_usage{};
    std::vector<VkQueueFamilyProperties> queue_families;
    ExtensionSet extensions;
    FeatureSet features;
    MatrixShape matrix;  // for a subgroup
    MatrixShape
        matrix_steps;  // with VK_NV_cooperative_matrix2 any multiples of these, up to `matrix_limit`
    uint32_t matrix_limit = 0;
};

/// Reads a snapshot. `vk` has its instance functions, of an instance made for `api_version`. Throws Failure.
DeviceSnapshot probe_device(const VkTable& vk, VkPhysicalDevice device, uint32_t api_version);

/// Reads `memory`, `has_budget`, `heap_budget` and `heap_usage` again: they change while the device is used.
void refresh_budget(const VkTable& vk, VkPhysicalDevice device, DeviceSnapshot& snapshot);

}  // namespace hekla::vulkan
