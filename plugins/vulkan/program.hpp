// SPDX-License-Identifier: MIT
#pragma once

#include "buffer.hpp"
#include "kernel.hpp"

#include <span>

namespace hekla::vulkan {

/// What the opaque types of the table are here.
inline Buffer* as_buffer(hekla_plugin_buffer* buffer) { return reinterpret_cast<Buffer*>(buffer); }
inline Kernel* as_kernel(hekla_plugin_kernel* kernel) { return reinterpret_cast<Kernel*>(kernel); }

/// Steps recorded once: a command buffer per segment, a descriptor set per dispatch, never updated. Replayed by submitting.
class Program {
  public:
    /// Checks every step first. Throws Failure, INVALID_ARGUMENT with the step's number for one that breaks the contract.
    Program(const Gpu& gpu, const hekla_plugin_program_desc& desc);

    /// Throws Failure INVALID_ARGUMENT if there is no such segment.
    VkCommandBuffer segment(uint32_t index) const;
    void mark_submitted(uint32_t index, hekla_plugin_ticket ticket) {
        segments_[index].submitted = true;
        last_ticket_ = ticket;
    }
    /// Of the submission made last; 0 if there was none.
    hekla_plugin_ticket last_ticket() const { return last_ticket_; }
    /// Times of the last run; `out` has one entry per step. Throws Failure.
    void times(hekla_plugin_times* out) const;

  private:
    struct Segment {
        VkCommandBuffer commands = VK_NULL_HANDLE;
        uint32_t first = 0, count = 0;  // its steps
        bool submitted = false;
    };

    void check(uint32_t index, const hekla_plugin_step& step) const;
    void create_sets(std::span<const hekla_plugin_step> steps);
    void record(const Segment& segment, std::span<const hekla_plugin_step> steps);

    const Gpu& gpu_;
    bool timed_;
    hekla_plugin_ticket last_ticket_ = 0;
    std::vector<Segment> segments_;
    std::vector<VkDescriptorSet> sets_;  // per step; null for copies
    OwnedCommandPool command_pool_;
    OwnedDescriptorPool descriptor_pool_;
    OwnedQueryPool queries_;  // begin and end of every step, if timed
};

}  // namespace hekla::vulkan
