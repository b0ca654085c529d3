// SPDX-License-Identifier: MIT
#pragma once

#include "program.hpp"

#include <atomic>
#include <memory>
#include <optional>

#include <hekla/hekla_vulkan.h>

namespace hekla::vulkan {

/// A logical device and all that is made from it. Any thread, as hekla_plugin.h says.
class Device {
  public:
    /// Own device: creates a VkDevice. `lent`: uses the host's and leaves it alive. `vk` has its instance functions.
    Device(const VkTable& vk, VkPhysicalDevice physical_device, DeviceSnapshot snapshot,
           DevicePlan plan, const hekla_vulkan_host* lent, std::string cache_folder);
    /// Waits for what was submitted; saves the pipeline cache.
    ~Device();
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    hekla_plugin_device_info describe() const;

    std::unique_ptr<Buffer> create_buffer(uint64_t size_bytes, hekla_plugin_memory kind);
    std::unique_ptr<Kernel> create_kernel(const hekla_plugin_kernel_desc& desc) {
        return kernels_->create(desc);
    }
    std::unique_ptr<Program> create_program(const hekla_plugin_program_desc& desc);
    /// Callers wait before they destroy; where one could not, because a call failed between, this does.
    void destroy(Program* program);
    hekla_plugin_ticket submit(Program& program, uint32_t segment);
    hekla_plugin_ticket copy(Buffer& source, uint64_t source_offset, Buffer& destination,
                             uint64_t destination_offset, uint64_t size_bytes);
    bool wait(hekla_plugin_ticket ticket, uint64_t timeout_ns) {
        return queue_->wait(ticket, timeout_ns);
    }

    /// Once lost, always lost: everything that can fail does, without asking Vulkan.
    bool is_lost() const { return lost_.load(std::memory_order_acquire); }
    /// Remembers the loss; returns `text` and what the driver tells about it.
    std::string set_lost(const std::string& text);

  private:
    // Ends the VkDevice if it is ours; declared before everything made from it.
    struct OwnDevice {
        const VkTable* vk = nullptr;
        VkDevice device = VK_NULL_HANDLE;
        ~OwnDevice() {
            if (device != VK_NULL_HANDLE) vk->vkDestroyDevice(device, nullptr);
        }
    };

    void create_own_device();
    std::string fault_text() const;

    Gpu gpu_;
    OwnDevice own_;
    std::optional<Memory> memory_;
    std::optional<PipelineCache> cache_;
    std::optional<KernelMaker> kernels_;
    std::optional<Queue> queue_;
    std::atomic<bool> lost_{false};
};

}  // namespace hekla::vulkan
