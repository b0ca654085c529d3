// SPDX-License-Identifier: MIT
#pragma once

#include "memory.hpp"
#include "submit.hpp"

#include <atomic>

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
    bool host_reads() const { return !for_kernels(kind_); }
    /// A copy outside programs uses it until `ticket` is done.
    void mark_used(hekla_plugin_ticket ticket) {
        last_ticket_.store(ticket, std::memory_order_relaxed);
    }
    void* mapped() const { return allocation_.mapped; }
    uint64_t address() const { return address_; }  ///< 0: none

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
    uint64_t address_ = 0;
    std::atomic<hekla_plugin_ticket> last_ticket_{0};  // zeroing, then copies; from any thread
};

}  // namespace hekla::vulkan
