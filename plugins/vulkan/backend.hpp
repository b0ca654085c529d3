// SPDX-License-Identifier: MIT
#pragma once

#include "device.hpp"
#include "loader.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hekla::vulkan {

/// An instance, own or lent, and the devices that can be used through it, best first.
class Backend {
  public:
    /// No loader and no driver on the machine is no error: there are no devices then. Throws Failure.
    explicit Backend(const hekla_plugin_host& host);
    ~Backend();
    Backend(const Backend&) = delete;
    Backend& operator=(const Backend&) = delete;

    uint32_t device_count() const { return static_cast<uint32_t>(devices_.size()); }
    hekla_plugin_device_info device_info(uint32_t index) const;
    std::unique_ptr<Device> create_device(uint32_t index,
                                          const hekla_plugin_device_request& request);

  private:
    struct Candidate {
        VkPhysicalDevice physical_device;
        DeviceSnapshot snapshot;
    };

    void borrow(const hekla_vulkan_host& lent);
    void open_own();
    void create_instance();
    void find_devices();
    const Candidate& candidate(uint32_t index) const;
    DevicePlan plan(const DeviceSnapshot& snapshot,
                    const hekla_plugin_device_request& request) const;
    void log(hekla_plugin_severity severity, const std::string& text) const;

    hekla_plugin_host host_;
    std::string cache_folder_;
    const hekla_vulkan_host* lent_ = nullptr;  // points to lent_copy_
    hekla_vulkan_host lent_copy_{};
    FeatureSet lent_features_;
    std::optional<Loader> loader_;
    VkTable vk_;
    VkInstance own_instance_ = VK_NULL_HANDLE;
    uint32_t api_version_ = VK_API_VERSION_1_1;
    std::vector<Candidate> devices_;
};

}  // namespace hekla::vulkan
