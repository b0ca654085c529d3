// SPDX-License-Identifier: MIT
#include "buffer.hpp"

namespace hekla::vulkan {

Buffer::Buffer(const Gpu& gpu, Memory& memory, Queue& queue, uint64_t size_bytes,
               hekla_plugin_memory kind)
    : queue_(queue), size_bytes_(size_bytes), kind_(kind), allocation_(memory) {
    if (size_bytes == 0) throw Failure(HEKLA_PLUGIN_INVALID_ARGUMENT, "a buffer of 0 bytes");
    if (size_bytes > gpu.plan.info.max_buffer_bytes) {
        throw Failure(
            HEKLA_PLUGIN_OUT_OF_MEMORY,
            format("a buffer of %llu bytes is more than %s has room for in one piece: %llu",
                   static_cast<unsigned long long>(size_bytes), gpu.plan.info.name,
                   static_cast<unsigned long long>(gpu.plan.info.max_buffer_bytes)));
    }
    VkBufferCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
    info.size = (size_bytes + 3) / 4 * 4;  // vkCmdFillBuffer works in words
    info.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT |
                 VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
    if (kind == HEKLA_PLUGIN_MEMORY_PARAMS) info.usage |= VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT;
    // A device with the extension has the one name, a device of Vulkan 1.2 the other.
    const auto& get_address = gpu.vk.vkGetBufferDeviceAddressKHR ? gpu.vk.vkGetBufferDeviceAddressKHR
                                                                 : gpu.vk.vkGetBufferDeviceAddress;
    const bool has_address =
        gpu.plan.enable.buffer_address && get_address && for_kernels(kind);
    if (has_address) {
        info.usage |= VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT;
        info.size += HEKLA_PLUGIN_ADDRESS_SLACK_BYTES;
    }
    info.sharingMode = VK_SHARING_MODE_EXCLUSIVE;
    VkBuffer buffer = VK_NULL_HANDLE;
    gpu.vk.vkCreateBuffer(gpu.device, &info, nullptr, &buffer)
        .require(
            format("creating a buffer of %llu bytes", static_cast<unsigned long long>(size_bytes))
                .c_str());
    buffer_ = OwnedBuffer(gpu.vk, gpu.device, buffer);

    VkMemoryRequirements requirements{};
    gpu.vk.vkGetBufferMemoryRequirements(gpu.device, buffer, &requirements);
    static_cast<Allocation&>(allocation_) = memory.allocate(requirements, kind);
    gpu.vk.vkBindBufferMemory(gpu.device, buffer, allocation_.memory, allocation_.offset)
        .require("giving a buffer its memory");
    if (has_address) {
        VkBufferDeviceAddressInfo address_info{};
        address_info.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO;
        address_info.buffer = buffer;
        address_ = get_address(gpu.device, &address_info);
    }
    if (kind == HEKLA_PLUGIN_MEMORY_DEVICE) mark_used(queue.zero(buffer));
}

Buffer::~Buffer() { queue_.settle(last_ticket_.load(std::memory_order_relaxed)); }

}  // namespace hekla::vulkan
