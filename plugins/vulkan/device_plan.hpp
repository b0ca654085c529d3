// SPDX-License-Identifier: MIT
#pragma once

#include "blocklist.hpp"
#include "device_probe.hpp"

#include <hekla/hekla_plugin.h>

#include <span>
#include <vector>

namespace hekla::vulkan {

/// What a host says about the device it lends.
struct LentDevice {
    uint32_t queue_family;
    FeatureSet enabled;
};

/// What to do with a device: pure data, made from a snapshot without touching Vulkan.
struct DevicePlan {
    uint32_t queue_family = 0;
    FeatureSet enable;                    // on a lent device: what is there and will be used
    std::vector<const char*> extensions;  // to enable on an own device
    hekla_plugin_device_info info{};
    std::vector<const char*> remarks;  // reasons of the blocklist entries that applied
};

/// `lent`: null for an own device. Throws Failure UNSUPPORTED if the device cannot compute.
DevicePlan plan_device(const DeviceSnapshot& snapshot, const hekla_plugin_device_request& request,
                       std::span<const BlocklistEntry> blocklist, const LentDevice* lent);

/// Position of a device in the list shown to users: discrete, integrated, virtual, cpu, other. Smaller comes first.
int device_rank(VkPhysicalDeviceType type);

/// Memory types for a kind of buffer, best first, among those in `allowed` (bit i: type i). Never empty for host-visible
/// kinds on a conformant driver.
std::vector<uint32_t> memory_types_for(const VkPhysicalDeviceMemoryProperties& memory,
                                       uint32_t allowed, hekla_plugin_memory kind);

/// Kinds that kernels work on, and that lie where these do it best.
inline bool for_kernels(hekla_plugin_memory kind) {
    return kind == HEKLA_PLUGIN_MEMORY_DEVICE || kind == HEKLA_PLUGIN_MEMORY_WEIGHTS;
}

/// Bytes that may still be taken from a heap.
uint64_t heap_room(const DeviceSnapshot& snapshot, uint32_t heap);

}  // namespace hekla::vulkan
