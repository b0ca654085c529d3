// SPDX-License-Identifier: MIT
#pragma once

#include "memory.hpp"
#include "submit.hpp"

namespace hekla::vulkan {

/// A VkBuffer with its memory.
class Buffer {
  public:
    /// DEVICE memory is zeroed on the queue: what is submitted later sees zeros. Throws Failure.
    Buffer(const Gpu& gpu, Memory& memory, Queue& queue, uint64_t size_bytes,
           hekla_plugin_memory kind);
    ~Buffer();
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    VkBuffer get() const { return buffer_.get(); }
    uint64_t size_bytes() const { return size_bytes_; }
    hekla_plugin_memory kind() const { return kind_; }
    bool host_reads() const { return kind_ != HEKLA_PLUGIN_MEMORY_DEVICE; }
    void* mapped() const { return allocation_.mapped; }

  private:
    // Gives the memory back after the VkBuffer, declared below it, is gone.
    struct OwnedAllocation : Allocation {
        explicit OwnedAllocation(Memory& from) : owner(from) {}
        ~OwnedAllocation() { owner.free(*this); }
        OwnedAllocation(const OwnedAllocation&) = delete;
        OwnedAllocation& operator=(const OwnedAllocation&) = delete;
        Memory& owner;
    };

    Queue& queue_;
    uint64_t size_bytes_;
    hekla_plugin_memory kind_;
    OwnedAllocation allocation_;
    OwnedBuffer buffer_;
    hekla_plugin_ticket zeroed_ = 0;
};

}  // namespace hekla::vulkan
