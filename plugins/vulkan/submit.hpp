// SPDX-License-Identifier: MIT
#pragma once

#include "gpu.hpp"

#include <deque>
#include <mutex>

namespace hekla::vulkan {

/// The queue, with tickets for what was submitted to it. Fences and one-time command buffers are kept and used again: in the
/// steady state nothing is created. Any thread; the queue itself is locked, with the host's lock too where it was lent.
class Queue {
  public:
    using Ticket = hekla_plugin_ticket;
    struct HostLock {
        void (*lock)(void* user) = nullptr;
        void (*unlock)(void* user) = nullptr;
        void* user = nullptr;
    };

    Queue(const Gpu& gpu, VkQueue queue, HostLock host_lock);
    /// Waits for everything submitted, as far as the device still answers.
    ~Queue();

    /// Submits commands that start with begin_barrier().
    Ticket submit(VkCommandBuffer commands);
    Ticket copy(VkBuffer source, VkBuffer destination, const VkBufferCopy& region, bool for_host);
    /// Zeroes a whole buffer.
    Ticket zero(VkBuffer buffer);
    /// False after `timeout_ns`. Throws Failure, INVALID_ARGUMENT for a ticket never given out.
    bool wait(Ticket ticket, uint64_t timeout_ns);
    /// Waits, before something is destroyed; whatever goes wrong then, the device is lost and runs nothing.
    void settle(Ticket ticket) noexcept;

    /// Orders all that follows in a command buffer after all that was submitted before.
    static void begin_barrier(const VkTable& vk, VkCommandBuffer commands);
    /// Lets the host see what the commands before wrote, once their fence is signalled.
    static void host_barrier(const VkTable& vk, VkCommandBuffer commands);

  private:
    struct Slot {
        OwnedFence fence;
        VkCommandBuffer once;  // for copy() and zero()
        Ticket ticket;         // the submission that signals the fence; done when <= completed_
        uint32_t waiters;      // threads inside vkWaitForFences: the fence is not reset while > 0
    };

    Slot& free_slot();
    Slot& create_slot();
    Ticket submit_in(Slot& slot, VkCommandBuffer commands);
    VkCommandBuffer begin_once(Slot& slot);
    Ticket end_once(Slot& slot);

    const Gpu& gpu_;
    VkQueue queue_;
    HostLock host_lock_;
    std::mutex mutex_;  // over all below, and the queue
    OwnedCommandPool pool_;
    std::deque<Slot> slots_;
    Ticket last_ = 0;
    Ticket completed_ = 0;
};

}  // namespace hekla::vulkan
