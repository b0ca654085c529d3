// SPDX-License-Identifier: MIT
#pragma once

#include "gpu.hpp"
#include "ranges.hpp"

#include <cstddef>
#include <list>
#include <mutex>

namespace hekla::vulkan {

struct MemoryBlock;

/// A piece of device memory, borrowed from Memory until free().
struct Allocation {
    MemoryBlock* block = nullptr;
    VkDeviceMemory memory = VK_NULL_HANDLE;
    uint64_t offset = 0;
    uint64_t size = 0;
    std::byte* mapped = nullptr;  // host address of `offset`; null for DEVICE, perhaps for WEIGHTS
};

/// Device memory. Small buffers share blocks, since drivers allow few allocations (4096 is common); large ones have their own.
/// The budget is asked before the driver is: some drivers grant any size and fail, or crawl, later. Any thread.
class Memory {
  public:
    explicit Memory(const Gpu& gpu);
    ~Memory();

    /// Throws Failure OUT_OF_MEMORY with the sizes in question.
    Allocation allocate(const VkMemoryRequirements& requirements, hekla_plugin_memory kind);
    void free(const Allocation& allocation);

  private:
    MemoryBlock& create_block(uint32_t type, uint64_t size, hekla_plugin_memory kind);

    const Gpu& gpu_;
    std::mutex mutex_;
    std::list<MemoryBlock> blocks_;
};

}  // namespace hekla::vulkan
