// SPDX-License-Identifier: MIT
#include "memory.hpp"

#include <cstdint>

namespace hekla::vulkan {

struct MemoryBlock {
    uint32_t type;
    bool mapped_kind;
    uint64_t size;
    OwnedMemory memory;
    std::byte* mapped;
    Ranges ranges;
};

namespace {

bool is_coherent(const VkPhysicalDeviceMemoryProperties& memory, uint32_t type) {
    return (memory.memoryTypes[type].propertyFlags & VK_MEMORY_PROPERTY_HOST_COHERENT_BIT) != 0;
}

// A request above half a block gets memory of its own.
uint64_t block_bytes(hekla_plugin_memory kind) {
    return for_kernels(kind) ? uint64_t{16} << 20 : uint64_t{1} << 20;
}

}  // namespace

Memory::Memory(const Gpu& gpu) : gpu_(gpu) {}
Memory::~Memory() = default;

MemoryBlock& Memory::create_block(uint32_t type, uint64_t size, hekla_plugin_memory kind) {
    const bool mapped_kind = !for_kernels(kind);
    DeviceSnapshot now;
    now.extensions = gpu_.snapshot.extensions;
    refresh_budget(gpu_.vk, gpu_.physical_device, now);
    const uint32_t heap = now.memory.memoryTypes[type].heapIndex;
    if (size > heap_room(now, heap)) {
        throw Failure(
            HEKLA_PLUGIN_OUT_OF_MEMORY,
            format("%llu bytes are needed in memory heap %u of %s, which has %llu of %llu left",
                   static_cast<unsigned long long>(size), heap, gpu_.plan.info.name,
                   static_cast<unsigned long long>(heap_room(now, heap)),
                   static_cast<unsigned long long>(now.memory.memoryHeaps[heap].size)));
    }

    VkMemoryAllocateFlagsInfo flags{};
    flags.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO;
    flags.flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT;
    VkMemoryAllocateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
    if (gpu_.plan.enable.buffer_address) info.pNext = &flags;
    info.allocationSize = size;
    info.memoryTypeIndex = type;
    VkDeviceMemory handle = VK_NULL_HANDLE;
    gpu_.vk.vkAllocateMemory(gpu_.device, &info, nullptr, &handle)
        .require(format("allocating %llu bytes", static_cast<unsigned long long>(size)).c_str());
    OwnedMemory memory(gpu_.vk, gpu_.device, handle);

    // What can be mapped is mapped, needed or not: seen on lavapipe, an allocation that failed shows only here, as success
    // with the address -1, and the first kernel to touch it would end the process.
    void* mapped = nullptr;
    const VkMemoryPropertyFlags flags_of_type = now.memory.memoryTypes[type].propertyFlags;
    if ((flags_of_type & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT) != 0) {
        gpu_.vk.vkMapMemory(gpu_.device, handle, 0, VK_WHOLE_SIZE, 0, &mapped)
            .require("mapping memory for the host");
        const uintptr_t alignment = gpu_.snapshot.properties.limits.minMemoryMapAlignment;
        if (mapped == nullptr || reinterpret_cast<uintptr_t>(mapped) % alignment != 0) {
            throw Failure(HEKLA_PLUGIN_OUT_OF_MEMORY,
                          format("the driver mapped %llu bytes at an impossible address",
                                 static_cast<unsigned long long>(size)));
        }
    }
    blocks_.push_back({type, mapped_kind, size, std::move(memory), static_cast<std::byte*>(mapped),
                       Ranges(size)});
    return blocks_.back();
}

Allocation Memory::allocate(const VkMemoryRequirements& requirements, hekla_plugin_memory kind) {
    const std::vector<uint32_t> types =
        memory_types_for(gpu_.snapshot.memory, requirements.memoryTypeBits, kind);
    if (types.empty()) {
        throw Failure(HEKLA_PLUGIN_UNSUPPORTED, "no memory type of the device fits this buffer");
    }
    const bool mapped_kind = !for_kernels(kind);
    const uint64_t size = requirements.size;
    const auto piece = [&](MemoryBlock& block, uint64_t offset) {
        const bool mapped =
            mapped_kind || (kind == HEKLA_PLUGIN_MEMORY_WEIGHTS && block.mapped != nullptr &&
                            is_coherent(gpu_.snapshot.memory, block.type));
        return Allocation{&block, block.memory.get(), offset, size,
                          mapped ? block.mapped + offset : nullptr};
    };

    const std::scoped_lock lock(mutex_);
    const bool shares = size <= block_bytes(kind) / 2;
    for (size_t i = 0; i < types.size(); ++i) {
        if (shares) {
            for (MemoryBlock& block : blocks_) {
                if (block.type != types[i] || block.mapped_kind != mapped_kind) continue;
                if (auto offset = block.ranges.take(size, requirements.alignment)) {
                    return piece(block, *offset);
                }
            }
        }
        try {
            MemoryBlock& block = create_block(types[i], shares ? block_bytes(kind) : size, kind);
            return piece(block, block.ranges.take(size, requirements.alignment).value());
        } catch (const Failure& failure) {
            if (failure.code() != HEKLA_PLUGIN_OUT_OF_MEMORY || i + 1 == types.size()) throw;
        }
    }
    throw Failure(HEKLA_PLUGIN_INTERNAL, "no memory type was tried");
}

void Memory::free(const Allocation& allocation) {
    if (allocation.block == nullptr) return;
    const std::scoped_lock lock(mutex_);
    allocation.block->ranges.give_back(allocation.offset, allocation.size);
    if (allocation.block->ranges.all_free()) {
        blocks_.remove_if([&](const MemoryBlock& block) { return &block == allocation.block; });
    }
}

}  // namespace hekla::vulkan
