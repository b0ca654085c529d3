// SPDX-License-Identifier: MIT
#pragma once

#include "device_probe.hpp"

#include <cstring>

namespace hekla::testing {

/// A device that does not exist: discrete, everything on offer. Tests take away what they are about.
inline vulkan::DeviceSnapshot rich_device() {
    vulkan::DeviceSnapshot snapshot;
    VkPhysicalDeviceProperties& properties = snapshot.properties;
    std::strcpy(properties.deviceName, "Imaginary 9000");
    properties.apiVersion = snapshot.api_version = VK_API_VERSION_1_3;
    properties.driverVersion = 500;
    properties.vendorID = 0x1234;
    properties.deviceID = 0x5678;
    properties.deviceType = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU;
    for (uint8_t i = 0; i < VK_UUID_SIZE; ++i) properties.pipelineCacheUUID[i] = i;
    VkPhysicalDeviceLimits& limits = properties.limits;
    limits.maxStorageBufferRange = 0xffffffffu;
    limits.maxUniformBufferRange = 65536;
    limits.maxPerStageDescriptorStorageBuffers = 1000;
    limits.maxDescriptorSetStorageBuffers = 900;
    limits.maxPerStageResources = 501;
    limits.minStorageBufferOffsetAlignment = 16;
    limits.minUniformBufferOffsetAlignment = 64;
    limits.maxComputeWorkGroupInvocations = 1024;
    limits.maxComputeSharedMemorySize = 49152;
    limits.timestampPeriod = 1.0f;
    for (int axis = 0; axis < 3; ++axis) {
        limits.maxComputeWorkGroupSize[axis] = 1024;
        limits.maxComputeWorkGroupCount[axis] = 65535;
    }
    snapshot.driver = "imaginary 5.0";
    snapshot.subgroup_size = 32;
    snapshot.subgroup_stages = VK_SHADER_STAGE_ALL;
    snapshot.subgroup_operations = VK_SUBGROUP_FEATURE_BASIC_BIT |
                                   VK_SUBGROUP_FEATURE_ARITHMETIC_BIT |
                                   VK_SUBGROUP_FEATURE_SHUFFLE_BIT;
    snapshot.max_allocation_bytes = uint64_t{4} << 30;

    // Heaps: 8 GiB on the device, 16 GiB of the host, a window of 256 MiB into the first.
    VkPhysicalDeviceMemoryProperties& memory = snapshot.memory;
    constexpr VkMemoryPropertyFlags local = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
    constexpr VkMemoryPropertyFlags shared =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    memory.memoryHeapCount = 3;
    memory.memoryHeaps[0] = {uint64_t{8} << 30, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT};
    memory.memoryHeaps[1] = {uint64_t{16} << 30, 0};
    memory.memoryHeaps[2] = {uint64_t{256} << 20, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT};
    memory.memoryTypeCount = 5;
    memory.memoryTypes[0] = {shared, 1};
    memory.memoryTypes[1] = {local, 0};
    memory.memoryTypes[2] = {shared | VK_MEMORY_PROPERTY_HOST_CACHED_BIT, 1};
    memory.memoryTypes[3] = {local | shared, 2};
    memory.memoryTypes[4] = {local | VK_MEMORY_PROPERTY_PROTECTED_BIT, 0};

    VkQueueFamilyProperties graphics{};
    graphics.queueFlags = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT | VK_QUEUE_TRANSFER_BIT;
    graphics.queueCount = 1;
    graphics.timestampValidBits = 64;
    VkQueueFamilyProperties compute = graphics;
    compute.queueFlags = VK_QUEUE_COMPUTE_BIT | VK_QUEUE_TRANSFER_BIT;
    VkQueueFamilyProperties transfer = graphics;
    transfer.queueFlags = VK_QUEUE_TRANSFER_BIT;
    snapshot.queue_families = {graphics, transfer, compute};

    vulkan::FeatureSet& features = snapshot.features;
    features.robust_buffer_access = features.shader_int16 = features.shader_int64 = true;
    features.storage_16bit = features.uniform_16bit = features.storage_8bit =
        features.uniform_8bit = true;
    features.float16 = features.int8 = features.integer_dot = true;
    features.memory_model = features.memory_model_device_scope = features.cooperative_matrix = true;
    features.matrix_dimensions = features.matrix_elements = features.maintenance4 = true;
    features.buffer_address = features.device_fault = true;
    snapshot.extensions = {VK_KHR_8BIT_STORAGE_EXTENSION_NAME,
                           VK_KHR_SHADER_FLOAT16_INT8_EXTENSION_NAME,
                           VK_KHR_SHADER_INTEGER_DOT_PRODUCT_EXTENSION_NAME,
                           VK_KHR_VULKAN_MEMORY_MODEL_EXTENSION_NAME,
                           VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME,
                           VK_NV_COOPERATIVE_MATRIX_2_EXTENSION_NAME,
                           VK_KHR_MAINTENANCE_4_EXTENSION_NAME,
                           VK_KHR_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME,
                           VK_EXT_DEVICE_FAULT_EXTENSION_NAME};
    snapshot.matrix = {16, 8, 16};
    snapshot.matrix_steps = {8, 8, 16};
    snapshot.matrix_limit = 256;
    return snapshot;
}

}  // namespace hekla::testing
