// SPDX-License-Identifier: MIT
#include "blocklist.hpp"

namespace hekla::vulkan {
namespace {

constexpr uint32_t any_version = 0xffffffffu;

constexpr BlocklistEntry entries[] = {
    {0x1ae0, 0xc0de, 0, any_version, 0, true,
     "SwiftShader ends the process at a storage buffer write far out of bounds unless "
     "robustBufferAccess is on"},
};

}  // namespace

std::span<const BlocklistEntry> shipped_blocklist() { return entries; }

bool applies(const BlocklistEntry& entry, const DeviceSnapshot& snapshot) {
    const VkPhysicalDeviceProperties& device = snapshot.properties;
    return entry.vendor_id == device.vendorID &&
           (entry.device_id == 0 || entry.device_id == device.deviceID) &&
           entry.driver_version_min <= device.driverVersion &&
           device.driverVersion <= entry.driver_version_max;
}

}  // namespace hekla::vulkan
