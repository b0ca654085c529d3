// SPDX-License-Identifier: MIT
#include "device_plan.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>

namespace hekla::vulkan {
namespace {

// A family that computes without drawing keeps out of the desktop's way; otherwise any that computes.
uint32_t choose_queue_family(const DeviceSnapshot& snapshot) {
    int best = -1;
    int best_score = -1;
    for (size_t i = 0; i < snapshot.queue_families.size(); ++i) {
        const VkQueueFamilyProperties& family = snapshot.queue_families[i];
        if (family.queueCount == 0 || (family.queueFlags & VK_QUEUE_COMPUTE_BIT) == 0) continue;
        const int score = ((family.queueFlags & VK_QUEUE_GRAPHICS_BIT) == 0 ? 1 : 0) +
                          (family.timestampValidBits > 0 ? 2 : 0);
        if (score > best_score) {
            best = static_cast<int>(i);
            best_score = score;
        }
    }
    if (best < 0) {
        throw Failure(HEKLA_PLUGIN_UNSUPPORTED,
                      format("%s has no queue that computes", snapshot.properties.deviceName));
    }
    return static_cast<uint32_t>(best);
}

uint64_t capabilities_of(const DeviceSnapshot& snapshot, const FeatureSet& features) {
    uint64_t bits = 0;
    const auto add = [&](bool present, uint64_t bit) { bits |= present ? bit : 0; };
    add(features.storage_16bit, HEKLA_PLUGIN_CAP_STORAGE_16BIT);
    add(features.storage_8bit, HEKLA_PLUGIN_CAP_STORAGE_8BIT);
    add(features.float16, HEKLA_PLUGIN_CAP_FLOAT16);
    add(features.int8, HEKLA_PLUGIN_CAP_INT8);
    add(features.integer_dot, HEKLA_PLUGIN_CAP_INTEGER_DOT);
    add(features.cooperative_matrix && snapshot.matrix.k != 0 && features.memory_model &&
            features.float16 && features.storage_16bit,
        HEKLA_PLUGIN_CAP_COOPERATIVE_MATRIX);
    // Kernels with it are SPIR-V 1.6, whose local size given by constants is a part of maintenance4.
    const MatrixShape &one = snapshot.matrix, &step = snapshot.matrix_steps;
    add((bits & HEKLA_PLUGIN_CAP_COOPERATIVE_MATRIX) != 0 && features.matrix_dimensions &&
            features.matrix_elements && features.maintenance4 &&
            snapshot.api_version >= VK_API_VERSION_1_3 && step.m * step.n * step.k != 0 &&
            one.m % step.m == 0 && one.n % step.n == 0 && one.k % step.k == 0 &&
            4 * std::max({one.m, one.n, one.k}) <= snapshot.matrix_limit,
        HEKLA_PLUGIN_CAP_COOPERATIVE_MATRIX2);
    add(features.buffer_address, HEKLA_PLUGIN_CAP_BUFFER_ADDRESS);

    const VkSubgroupFeatureFlags operations = snapshot.subgroup_operations;
    const bool basic = (snapshot.subgroup_stages & VK_SHADER_STAGE_COMPUTE_BIT) != 0 &&
                       (operations & VK_SUBGROUP_FEATURE_BASIC_BIT) != 0;
    add(basic && (operations & VK_SUBGROUP_FEATURE_ARITHMETIC_BIT) != 0,
        HEKLA_PLUGIN_CAP_SUBGROUP_ARITHMETIC);
    add(basic && (operations & VK_SUBGROUP_FEATURE_SHUFFLE_BIT) != 0,
        HEKLA_PLUGIN_CAP_SUBGROUP_SHUFFLE);
    return bits;
}

// What is worth enabling for these capabilities and nothing more.
FeatureSet features_for(uint64_t capabilities, const FeatureSet& offered) {
    const auto has = [&](uint64_t bit) { return (capabilities & bit) != 0; };
    FeatureSet enable;
    enable.storage_16bit = has(HEKLA_PLUGIN_CAP_STORAGE_16BIT);
    enable.uniform_16bit = enable.storage_16bit && offered.uniform_16bit;
    enable.shader_int16 = enable.storage_16bit && offered.shader_int16;
    enable.storage_8bit = has(HEKLA_PLUGIN_CAP_STORAGE_8BIT);
    enable.uniform_8bit = enable.storage_8bit && offered.uniform_8bit;
    enable.float16 = has(HEKLA_PLUGIN_CAP_FLOAT16);
    enable.int8 = has(HEKLA_PLUGIN_CAP_INT8);
    enable.integer_dot = has(HEKLA_PLUGIN_CAP_INTEGER_DOT);
    enable.cooperative_matrix = has(HEKLA_PLUGIN_CAP_COOPERATIVE_MATRIX);
    enable.matrix_dimensions = enable.matrix_elements = enable.maintenance4 =
        has(HEKLA_PLUGIN_CAP_COOPERATIVE_MATRIX2);
    enable.memory_model = enable.cooperative_matrix;
    enable.memory_model_device_scope = enable.memory_model && offered.memory_model_device_scope;
    enable.buffer_address = has(HEKLA_PLUGIN_CAP_BUFFER_ADDRESS);
    enable.shader_int64 = enable.buffer_address && offered.shader_int64;
    return enable;
}

FeatureSet both(const FeatureSet& a, const FeatureSet& b) {
    FeatureSet set;
    set.robust_buffer_access = a.robust_buffer_access && b.robust_buffer_access;
    set.shader_int16 = a.shader_int16 && b.shader_int16;
    set.shader_int64 = a.shader_int64 && b.shader_int64;
    set.storage_16bit = a.storage_16bit && b.storage_16bit;
    set.uniform_16bit = a.uniform_16bit && b.uniform_16bit;
    set.storage_8bit = a.storage_8bit && b.storage_8bit;
    set.uniform_8bit = a.uniform_8bit && b.uniform_8bit;
    set.float16 = a.float16 && b.float16;
    set.int8 = a.int8 && b.int8;
    set.integer_dot = a.integer_dot && b.integer_dot;
    set.memory_model = a.memory_model && b.memory_model;
    set.memory_model_device_scope = a.memory_model_device_scope && b.memory_model_device_scope;
    set.cooperative_matrix = a.cooperative_matrix && b.cooperative_matrix;
    set.matrix_dimensions = a.matrix_dimensions && b.matrix_dimensions;
    set.matrix_elements = a.matrix_elements && b.matrix_elements;
    set.maintenance4 = a.maintenance4 && b.maintenance4;
    set.buffer_address = a.buffer_address && b.buffer_address;
    set.device_fault = a.device_fault && b.device_fault;
    return set;
}

uint32_t plugin_type(VkPhysicalDeviceType type) {
    switch (type) {
        case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
            return HEKLA_PLUGIN_DEVICE_DISCRETE;
        case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
            return HEKLA_PLUGIN_DEVICE_INTEGRATED;
        case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
            return HEKLA_PLUGIN_DEVICE_VIRTUAL;
        case VK_PHYSICAL_DEVICE_TYPE_CPU:
            return HEKLA_PLUGIN_DEVICE_CPU;
        default:
            return HEKLA_PLUGIN_DEVICE_OTHER;
    }
}

template <size_t size>
void copy_text(char (&out)[size], const char* text) {
    std::snprintf(out, size, "%s", text);
}

hekla_plugin_device_info describe(const DeviceSnapshot& snapshot, const DevicePlan& plan,
                                  uint64_t capabilities) {
    const VkPhysicalDeviceProperties& properties = snapshot.properties;
    const VkPhysicalDeviceLimits& limits = properties.limits;
    hekla_plugin_device_info info{};
    info.size = sizeof info;
    info.type = plugin_type(properties.deviceType);
    copy_text(info.name, properties.deviceName);
    copy_text(info.driver, snapshot.driver.c_str());
    info.vendor_id = properties.vendorID;
    info.device_id = properties.deviceID;
    info.capabilities = capabilities;

    const std::vector<uint32_t> types =
        memory_types_for(snapshot.memory, ~0u, HEKLA_PLUGIN_MEMORY_DEVICE);
    if (types.empty()) {
        throw Failure(HEKLA_PLUGIN_UNSUPPORTED,
                      format("%s offers no memory for buffers", properties.deviceName));
    }
    const uint32_t heap = snapshot.memory.memoryTypes[types.front()].heapIndex;
    info.memory_bytes = snapshot.memory.memoryHeaps[heap].size;
    info.memory_budget_bytes = heap_room(snapshot, heap);
    info.max_buffer_bytes = std::min(snapshot.max_allocation_bytes, info.memory_bytes);
    info.max_binding_bytes =
        std::min<uint64_t>(limits.maxStorageBufferRange, info.max_buffer_bytes);
    info.binding_alignment =
        std::max<uint32_t>(4, static_cast<uint32_t>(limits.minStorageBufferOffsetAlignment));
    info.params_alignment =
        std::max<uint32_t>(4, static_cast<uint32_t>(limits.minUniformBufferOffsetAlignment));
    info.max_params_bytes = limits.maxUniformBufferRange;
    info.max_bindings =
        std::min({limits.maxPerStageDescriptorStorageBuffers, limits.maxDescriptorSetStorageBuffers,
                  limits.maxPerStageResources - 1});
    info.max_workgroup_invocations = limits.maxComputeWorkGroupInvocations;
    for (uint32_t axis = 0; axis < 3; ++axis) {
        info.max_workgroup_size[axis] = limits.maxComputeWorkGroupSize[axis];
        info.max_group_count[axis] = limits.maxComputeWorkGroupCount[axis];
    }
    info.max_shared_bytes = limits.maxComputeSharedMemorySize;
    info.subgroup_size = snapshot.subgroup_size;
    info.kernels_by_name = 0;
    info.timestamps = snapshot.queue_families[plan.queue_family].timestampValidBits > 0 &&
                      limits.timestampPeriod > 0;
    if ((capabilities & HEKLA_PLUGIN_CAP_COOPERATIVE_MATRIX) != 0) {
        info.matrix_m = snapshot.matrix.m;
        info.matrix_n = snapshot.matrix.n;
        info.matrix_k = snapshot.matrix.k;
    }
    return info;
}

}  // namespace

DevicePlan plan_device(const DeviceSnapshot& snapshot, const hekla_plugin_device_request& request,
                       std::span<const BlocklistEntry> blocklist, const LentDevice* lent) {
    if (snapshot.properties.apiVersion < VK_API_VERSION_1_1) {
        throw Failure(HEKLA_PLUGIN_UNSUPPORTED,
                      format("%s has a Vulkan 1.0 driver; 1.1 or later is needed",
                             snapshot.properties.deviceName));
    }
    DevicePlan plan;
    if (lent != nullptr) {
        plan.queue_family = lent->queue_family;
        if (lent->queue_family >= snapshot.queue_families.size() ||
            (snapshot.queue_families[lent->queue_family].queueFlags & VK_QUEUE_COMPUTE_BIT) == 0) {
            throw Failure(
                HEKLA_PLUGIN_INVALID_ARGUMENT,
                format("queue family %u of the lent device does not compute", lent->queue_family));
        }
    } else {
        plan.queue_family = choose_queue_family(snapshot);
    }

    uint64_t forget = request.forget;
    bool robust = false;
    for (const BlocklistEntry& entry : blocklist) {
        if (!applies(entry, snapshot)) continue;
        forget |= entry.forget;
        robust = robust || entry.needs_robust_access;
        plan.remarks.push_back(entry.reason);
    }
    if (request.baseline != 0) forget = ~uint64_t{0};

    const FeatureSet offered =
        lent != nullptr ? both(snapshot.features, lent->enabled) : snapshot.features;
    uint64_t capabilities = capabilities_of(snapshot, offered) & ~forget;
    constexpr uint64_t for_matrices = HEKLA_PLUGIN_CAP_FLOAT16 | HEKLA_PLUGIN_CAP_STORAGE_16BIT;
    if ((capabilities & for_matrices) != for_matrices) {
        capabilities &= ~HEKLA_PLUGIN_CAP_COOPERATIVE_MATRIX;
    }
    if ((capabilities & HEKLA_PLUGIN_CAP_COOPERATIVE_MATRIX) == 0) {
        capabilities &= ~HEKLA_PLUGIN_CAP_COOPERATIVE_MATRIX2;
    }
    plan.enable = features_for(capabilities, offered);
    plan.enable.device_fault = offered.device_fault && request.baseline == 0;
    plan.enable.robust_buffer_access = (robust || lent != nullptr) && offered.robust_buffer_access;

    if (lent == nullptr) {
        for (const char* name : extensions_for(plan.enable)) plan.extensions.push_back(name);
        // A driver that lists this one demands that it be enabled; its own name is not in the stable header.
        if (snapshot.extensions.contains("VK_KHR_portability_subset")) {
            plan.extensions.push_back("VK_KHR_portability_subset");
        }
    }
    plan.info = describe(snapshot, plan, capabilities);
    return plan;
}

int device_rank(VkPhysicalDeviceType type) {
    switch (type) {
        case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
            return 0;
        case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
            return 1;
        case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
            return 2;
        case VK_PHYSICAL_DEVICE_TYPE_CPU:
            return 3;
        default:
            return 4;
    }
}

std::vector<uint32_t> memory_types_for(const VkPhysicalDeviceMemoryProperties& memory,
                                       uint32_t allowed, hekla_plugin_memory kind) {
    constexpr VkMemoryPropertyFlags local = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
    constexpr VkMemoryPropertyFlags cached = VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
    constexpr VkMemoryPropertyFlags shared =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    // Flags beyond these (protected, lazily allocated, AMD's uncached) have rules of their own.
    constexpr VkMemoryPropertyFlags plain = local | cached | shared;

    struct Candidate {
        uint32_t type;
        int score;
    };
    std::vector<Candidate> candidates;
    for (uint32_t type = 0; type < memory.memoryTypeCount; ++type) {
        const VkMemoryPropertyFlags flags = memory.memoryTypes[type].propertyFlags;
        if ((allowed >> type & 1) == 0 || (flags & ~plain) != 0) continue;
        if (!for_kernels(kind) && (flags & shared) != shared) continue;
        const int is_local = (flags & local) != 0;
        const int is_cached = (flags & cached) != 0;
        const int is_shared = (flags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT) != 0;
        int score = 0;
        switch (kind) {
            case HEKLA_PLUGIN_MEMORY_DEVICE:
            case HEKLA_PLUGIN_MEMORY_WEIGHTS:
                score = 4 * is_local - is_shared;
                break;
            case HEKLA_PLUGIN_MEMORY_UPLOAD:
                score = -2 * is_local - is_cached;
                break;
            case HEKLA_PLUGIN_MEMORY_DOWNLOAD:
                score = 2 * is_cached - is_local;
                break;
            case HEKLA_PLUGIN_MEMORY_PARAMS:
                score = 2 * is_local - is_cached;
                break;
            case HEKLA_PLUGIN_MEMORY_FORCE_32:
                break;  // no kind of memory; buffer_create refuses it
        }
        candidates.push_back({type, score});
    }
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
    // Weights do not spill into memory far from the device: what lacks DEVICE_LOCAL is for kernels only where nothing has it.
    const bool any_local = std::any_of(candidates.begin(), candidates.end(),
                                       [](const Candidate& c) { return c.score >= 3; });
    std::vector<uint32_t> types;
    for (const Candidate& candidate : candidates) {
        if (for_kernels(kind) && any_local && candidate.score < 3) continue;
        types.push_back(candidate.type);
    }
    return types;
}

uint64_t heap_room(const DeviceSnapshot& snapshot, uint32_t heap) {
    const uint64_t size = snapshot.memory.memoryHeaps[heap].size;
    if (!snapshot.has_budget) return size;
    const uint64_t budget = std::min(snapshot.heap_budget[heap], size);
    const uint64_t usage = snapshot.heap_usage[heap];
    return budget > usage ? budget - usage : 0;
}

}  // namespace hekla::vulkan
