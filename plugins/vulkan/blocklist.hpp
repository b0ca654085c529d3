// SPDX-License-Identifier: MIT
#pragma once

#include "device_probe.hpp"

#include <cstdint>
#include <span>

namespace hekla::vulkan {

/// A driver that says it can and cannot, or needs care. Capabilities are found by asking; this list is for answers known to be
/// wrong. An entry needs a reason that a reader can check.
struct BlocklistEntry {
    uint32_t vendor_id;
    uint32_t device_id;           // 0: all devices of the vendor
    uint32_t driver_version_min;  // as VkPhysicalDeviceProperties::driverVersion, inclusive
    uint32_t driver_version_max;  // inclusive
    uint64_t forget;              // HEKLA_PLUGIN_CAP_* not to be used
    bool needs_robust_access;     // enable robustBufferAccess on our own device
    const char* reason;
};

/// The list that ships.
std::span<const BlocklistEntry> shipped_blocklist();

/// Whether `entry` is about this device.
bool applies(const BlocklistEntry& entry, const DeviceSnapshot& snapshot);

}  // namespace hekla::vulkan
