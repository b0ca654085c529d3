// SPDX-License-Identifier: MIT
#pragma once

#include <hekla/hekla_vulkan.h>

#include <mutex>

namespace hekla::testing {

/// A host with a Vulkan device of its own, as an engine would have it, and the struct that lends it. The host's own calls do not
/// go through the hooks; the borrower's do.
class LentDevice {
  public:
    /// `optional_features`: enable 16-bit storage, half floats and what else the device offers, and say so.
    explicit LentDevice(bool optional_features);
    ~LentDevice();
    LentDevice(const LentDevice&) = delete;
    LentDevice& operator=(const LentDevice&) = delete;

    hekla_vulkan_host& host() { return host_; }
    /// Whether the device still does what it is asked: submits nothing and waits for it.
    bool alive();
    int lock_count() const { return lock_count_; }
    /// Locks that were taken twice, or given back without being taken.
    int lock_errors() const { return lock_errors_; }

  private:
    template <class F>
    F load(const char* name);

    hekla_vulkan_host host_{};
    VkPhysicalDeviceFeatures2 features_{};
    VkPhysicalDeviceVulkan11Features features_1_1_{};
    VkPhysicalDeviceVulkan12Features features_1_2_{};
    std::mutex queue_mutex_;
    bool locked_ = false;
    int lock_count_ = 0;
    int lock_errors_ = 0;
};

}  // namespace hekla::testing
