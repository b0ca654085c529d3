// SPDX-License-Identifier: MIT
#pragma once

#include "device_plan.hpp"
#include "vk_table.hpp"

namespace hekla::vulkan {

/// What every part of a device needs to know: the handles, borrowed, and the decisions, fixed. Outlives the parts.
struct Gpu {
    VkTable vk;
    VkPhysicalDevice physical_device = VK_NULL_HANDLE;
    VkDevice device = VK_NULL_HANDLE;
    DeviceSnapshot snapshot;
    DevicePlan plan;
    uint32_t max_spirv_version = 0x10300;  // 0x00MMmm00, by the version of Vulkan in use
};

}  // namespace hekla::vulkan
