// SPDX-License-Identifier: MIT
#pragma once

#include <vulkan/vulkan_core.h>

namespace hekla::vulkan {

/// The system's Vulkan loader, opened when nothing is lent, closed with this object.
class Loader {
  public:
    Loader();
    ~Loader();
    Loader(const Loader&) = delete;
    Loader& operator=(const Loader&) = delete;

    /// Null if this machine has no Vulkan loader.
    PFN_vkGetInstanceProcAddr get_instance_proc_addr() const { return entry_; }

  private:
    void* library_ = nullptr;
    PFN_vkGetInstanceProcAddr entry_ = nullptr;
};

}  // namespace hekla::vulkan
