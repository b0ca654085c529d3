// SPDX-License-Identifier: MIT
#include "submit.hpp"

#include <algorithm>

namespace hekla::vulkan {
namespace {

// More submissions than this in flight make submit() wait for the oldest: a bound for memory, not for speed.
constexpr size_t most_slots = 256;

constexpr VkPipelineStageFlags work_stages =
    VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
constexpr VkAccessFlags work_writes = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;

}  // namespace

void Queue::begin_barrier(const VkTable& vk, VkCommandBuffer commands) {
    VkMemoryBarrier barrier{};
    barrier.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
    barrier.srcAccessMask = work_writes;
    barrier.dstAccessMask = work_writes | VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_UNIFORM_READ_BIT |
                            VK_ACCESS_TRANSFER_READ_BIT;
    vk.vkCmdPipelineBarrier(commands, work_stages, work_stages, 0, 1, &barrier, 0, nullptr, 0,
                            nullptr);
}

void Queue::host_barrier(const VkTable& vk, VkCommandBuffer commands) {
    VkMemoryBarrier barrier{};
    barrier.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
    barrier.srcAccessMask = work_writes;
    barrier.dstAccessMask = VK_ACCESS_HOST_READ_BIT;
    vk.vkCmdPipelineBarrier(commands, work_stages, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier, 0,
                            nullptr, 0, nullptr);
}

Queue::Queue(const Gpu& gpu, VkQueue queue, HostLock host_lock)
    : gpu_(gpu), queue_(queue), host_lock_(host_lock) {
    VkCommandPoolCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
    info.flags =
        VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT | VK_COMMAND_POOL_CREATE_TRANSIENT_BIT;
    info.queueFamilyIndex = gpu_.plan.queue_family;
    VkCommandPool pool = VK_NULL_HANDLE;
    gpu_.vk.vkCreateCommandPool(gpu_.device, &info, nullptr, &pool)
        .require("creating a command pool");
    pool_ = OwnedCommandPool(gpu_.vk, gpu_.device, pool);
}

Queue::~Queue() {
    for (Slot& slot : slots_) {
        if (slot.ticket > completed_) {
            gpu_.vk.vkWaitForFences(gpu_.device, 1, slot.fence.address(), VK_TRUE, UINT64_MAX)
                .ignore();
        }
    }
}

Queue::Slot& Queue::create_slot() {
    VkFenceCreateInfo fence_info{};
    fence_info.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
    VkFence fence = VK_NULL_HANDLE;
    gpu_.vk.vkCreateFence(gpu_.device, &fence_info, nullptr, &fence).require("creating a fence");
    OwnedFence owned(gpu_.vk, gpu_.device, fence);

    VkCommandBufferAllocateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
    info.commandPool = pool_.get();
    info.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
    info.commandBufferCount = 1;
    VkCommandBuffer once = VK_NULL_HANDLE;
    gpu_.vk.vkAllocateCommandBuffers(gpu_.device, &info, &once)
        .require("allocating a command buffer");
    slots_.push_back({std::move(owned), once, 0, 0});
    return slots_.back();
}

Queue::Slot& Queue::free_slot() {
    const auto is_free = [&](const Slot& slot) {
        return slot.ticket <= completed_ && slot.waiters == 0;
    };
    if (auto slot = std::find_if(slots_.begin(), slots_.end(), is_free); slot != slots_.end()) {
        return *slot;
    }
    const auto oldest =
        std::min_element(slots_.begin(), slots_.end(), [&](const Slot& a, const Slot& b) {
            return a.waiters != b.waiters ? a.waiters < b.waiters : a.ticket < b.ticket;
        });
    if (oldest == slots_.end() || oldest->waiters > 0) return create_slot();
    const Outcome status = gpu_.vk.vkGetFenceStatus(gpu_.device, oldest->fence.get());
    if (status.code() == VK_NOT_READY) {
        if (slots_.size() < most_slots) return create_slot();
        gpu_.vk.vkWaitForFences(gpu_.device, 1, oldest->fence.address(), VK_TRUE, UINT64_MAX)
            .require("waiting for the oldest submission");
    } else {
        status.require("asking whether a submission is done");
    }
    completed_ = std::max(completed_, oldest->ticket);
    return *oldest;
}

Queue::Ticket Queue::submit_in(Slot& slot, VkCommandBuffer commands) {
    gpu_.vk.vkResetFences(gpu_.device, 1, slot.fence.address()).require("resetting a fence");
    VkSubmitInfo info{};
    info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    info.commandBufferCount = 1;
    info.pCommandBuffers = &commands;
    if (host_lock_.lock != nullptr) host_lock_.lock(host_lock_.user);
    const Outcome outcome = gpu_.vk.vkQueueSubmit(queue_, 1, &info, slot.fence.get());
    if (host_lock_.unlock != nullptr) host_lock_.unlock(host_lock_.user);
    outcome.require("submitting");
    slot.ticket = ++last_;
    return slot.ticket;
}

Queue::Ticket Queue::submit(VkCommandBuffer commands) {
    const std::scoped_lock lock(mutex_);
    return submit_in(free_slot(), commands);
}

VkCommandBuffer Queue::begin_once(Slot& slot) {
    VkCommandBufferBeginInfo info{};
    info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
    info.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
    gpu_.vk.vkBeginCommandBuffer(slot.once, &info).require("recording a copy");
    begin_barrier(gpu_.vk, slot.once);
    return slot.once;
}

Queue::Ticket Queue::end_once(Slot& slot) {
    gpu_.vk.vkEndCommandBuffer(slot.once).require("recording a copy");
    return submit_in(slot, slot.once);
}

Queue::Ticket Queue::copy(VkBuffer source, VkBuffer destination, const VkBufferCopy& region,
                          bool for_host) {
    const std::scoped_lock lock(mutex_);
    Slot& slot = free_slot();
    const VkCommandBuffer commands = begin_once(slot);
    gpu_.vk.vkCmdCopyBuffer(commands, source, destination, 1, &region);
    if (for_host) host_barrier(gpu_.vk, commands);
    return end_once(slot);
}

Queue::Ticket Queue::zero(VkBuffer buffer) {
    const std::scoped_lock lock(mutex_);
    Slot& slot = free_slot();
    gpu_.vk.vkCmdFillBuffer(begin_once(slot), buffer, 0, VK_WHOLE_SIZE, 0);
    return end_once(slot);
}

bool Queue::wait(Ticket ticket, uint64_t timeout_ns) {
    std::unique_lock lock(mutex_);
    if (ticket <= completed_) return true;
    const auto slot = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& candidate) {
        return candidate.ticket == ticket;
    });
    if (slot == slots_.end()) {
        throw Failure(HEKLA_PLUGIN_INVALID_ARGUMENT,
                      format("ticket %llu was never given out; the last one is %llu",
                             static_cast<unsigned long long>(ticket),
                             static_cast<unsigned long long>(last_)));
    }
    // Other threads go on submitting meanwhile. Elements of a deque stay where they are when it grows.
    Slot& waited = *slot;
    ++waited.waiters;
    lock.unlock();
    const Outcome outcome =
        gpu_.vk.vkWaitForFences(gpu_.device, 1, waited.fence.address(), VK_TRUE, timeout_ns);
    lock.lock();
    --waited.waiters;
    if (outcome.code() == VK_TIMEOUT) return false;
    outcome.require("waiting for a submission");
    completed_ = std::max(completed_, ticket);
    return true;
}

void Queue::settle(Ticket ticket) noexcept {
    try {
        wait(ticket, UINT64_MAX);
    } catch (const std::exception&) {
    }
}

}  // namespace hekla::vulkan
