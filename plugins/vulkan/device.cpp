// SPDX-License-Identifier: MIT
#include "device.hpp"

namespace hekla::vulkan {
namespace {

uint32_t max_spirv_version(uint32_t api_version) {
    if (api_version >= VK_API_VERSION_1_3) return 0x10600;
    if (api_version >= VK_API_VERSION_1_2) return 0x10500;
    return 0x10300;
}

}  // namespace

Device::Device(const VkTable& vk, VkPhysicalDevice physical_device, DeviceSnapshot snapshot,
               DevicePlan plan, const hekla_vulkan_host* lent, std::string cache_folder) {
    gpu_.vk = vk;
    gpu_.physical_device = physical_device;
    gpu_.snapshot = std::move(snapshot);
    gpu_.plan = std::move(plan);
    gpu_.max_spirv_version = max_spirv_version(gpu_.snapshot.api_version);

    VkQueue queue = VK_NULL_HANDLE;
    Queue::HostLock host_lock;
    if (lent != nullptr) {
        gpu_.device = lent->device;
        gpu_.vk.load_device(lent->device);
        queue = lent->queue;
        host_lock = {lent->lock_queue, lent->unlock_queue, lent->user};
    } else {
        create_own_device();
        gpu_.vk.vkGetDeviceQueue(gpu_.device, gpu_.plan.queue_family, 0, &queue);
    }
    memory_.emplace(gpu_);
    cache_.emplace(gpu_, std::move(cache_folder));
    kernels_.emplace(gpu_, *cache_);
    queue_.emplace(gpu_, queue, host_lock);
}

void Device::create_own_device() {
    const float priority = 1.0f;
    VkDeviceQueueCreateInfo queue_info{};
    queue_info.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
    queue_info.queueFamilyIndex = gpu_.plan.queue_family;
    queue_info.queueCount = 1;
    queue_info.pQueuePriorities = &priority;

    const ExtensionSet enabled(gpu_.plan.extensions.begin(), gpu_.plan.extensions.end());
    FeatureChain features(enabled);
    features.set(gpu_.plan.enable);
    VkDeviceCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
    info.pNext = features.head();
    info.queueCreateInfoCount = 1;
    info.pQueueCreateInfos = &queue_info;
    info.enabledExtensionCount = static_cast<uint32_t>(gpu_.plan.extensions.size());
    info.ppEnabledExtensionNames = gpu_.plan.extensions.data();
    gpu_.vk.vkCreateDevice(gpu_.physical_device, &info, nullptr, &gpu_.device)
        .require(format("creating a device on %s", gpu_.plan.info.name).c_str());
    // Known before the rest of the table, so that a driver that lacks a function leaks no device.
    gpu_.vk.vkDestroyDevice.set("vkDestroyDevice",
                                gpu_.vk.vkGetDeviceProcAddr(gpu_.device, "vkDestroyDevice"));
    if (gpu_.vk.vkDestroyDevice) {
        own_.vk = &gpu_.vk;
        own_.device = gpu_.device;
    }
    gpu_.vk.load_device(gpu_.device);
}

Device::~Device() {
    queue_.reset();
    if (!is_lost()) cache_->save();
}

hekla_plugin_device_info Device::describe() const {
    DeviceSnapshot now;
    now.extensions = gpu_.snapshot.extensions;
    refresh_budget(gpu_.vk, gpu_.physical_device, now);
    hekla_plugin_device_info info = gpu_.plan.info;
    const uint32_t type = memory_types_for(now.memory, ~0u, HEKLA_PLUGIN_MEMORY_DEVICE)
                              .front();  // describe() found one
    info.memory_budget_bytes = heap_room(now, now.memory.memoryTypes[type].heapIndex);
    return info;
}

std::unique_ptr<Buffer> Device::create_buffer(uint64_t size_bytes, hekla_plugin_memory kind) {
    if (kind < HEKLA_PLUGIN_MEMORY_DEVICE || kind > HEKLA_PLUGIN_MEMORY_WEIGHTS) {
        throw Failure(HEKLA_PLUGIN_INVALID_ARGUMENT,
                      format("unknown kind of memory %d", static_cast<int>(kind)));
    }
    return std::make_unique<Buffer>(gpu_, *memory_, *queue_, size_bytes, kind);
}

std::unique_ptr<Program> Device::create_program(const hekla_plugin_program_desc& desc) {
    return std::make_unique<Program>(gpu_, desc);
}

void Device::destroy(Program* program) {
    if (program != nullptr) queue_->settle(program->last_ticket());
    delete program;
}

hekla_plugin_ticket Device::submit(Program& program, uint32_t segment) {
    const hekla_plugin_ticket ticket = queue_->submit(program.segment(segment));
    program.mark_submitted(segment, ticket);
    return ticket;
}

hekla_plugin_ticket Device::copy(Buffer& source, uint64_t source_offset, Buffer& destination,
                                 uint64_t destination_offset, uint64_t size_bytes) {
    const auto fits = [&](const Buffer& buffer, uint64_t offset) {
        return offset <= buffer.size_bytes() && size_bytes <= buffer.size_bytes() - offset;
    };
    if (size_bytes == 0 || !fits(source, source_offset) || !fits(destination, destination_offset)) {
        throw Failure(HEKLA_PLUGIN_INVALID_ARGUMENT,
                      format("a copy of %llu bytes from %llu of %llu to %llu of %llu",
                             static_cast<unsigned long long>(size_bytes),
                             static_cast<unsigned long long>(source_offset),
                             static_cast<unsigned long long>(source.size_bytes()),
                             static_cast<unsigned long long>(destination_offset),
                             static_cast<unsigned long long>(destination.size_bytes())));
    }
    if (&source == &destination && source_offset < destination_offset + size_bytes &&
        destination_offset < source_offset + size_bytes) {
        throw Failure(HEKLA_PLUGIN_INVALID_ARGUMENT, "the copy overlaps itself");
    }
    const hekla_plugin_ticket ticket =
        queue_->copy(source.get(), destination.get(),
                     {source_offset, destination_offset, size_bytes}, destination.host_reads());
    source.mark_used(ticket);
    destination.mark_used(ticket);
    return ticket;
}

std::string Device::set_lost(const std::string& text) {
    const bool first = !lost_.exchange(true, std::memory_order_acq_rel);
    return first ? text + fault_text() : text;
}

std::string Device::fault_text() const {
    if (!gpu_.plan.enable.device_fault || !gpu_.vk.vkGetDeviceFaultInfoEXT) return {};
    VkDeviceFaultCountsEXT counts{};
    counts.sType = VK_STRUCTURE_TYPE_DEVICE_FAULT_COUNTS_EXT;
    if (!gpu_.vk.vkGetDeviceFaultInfoEXT(gpu_.device, &counts, nullptr).ok()) return {};
    // The description alone: addresses and vendor binaries mean something to a driver's author only.
    counts.addressInfoCount = 0;
    counts.vendorInfoCount = 0;
    counts.vendorBinarySize = 0;
    VkDeviceFaultInfoEXT info{};
    info.sType = VK_STRUCTURE_TYPE_DEVICE_FAULT_INFO_EXT;
    const VkResult result = gpu_.vk.vkGetDeviceFaultInfoEXT(gpu_.device, &counts, &info).code();
    if ((result != VK_SUCCESS && result != VK_INCOMPLETE) || info.description[0] == '\0') return {};
    return format("; the driver says: %s", info.description);
}

}  // namespace hekla::vulkan
