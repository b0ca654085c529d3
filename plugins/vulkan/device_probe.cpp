// SPDX-License-Identifier: MIT
#include "device_probe.hpp"

#include <algorithm>

namespace hekla::vulkan {
namespace {

ExtensionSet device_extensions(const VkTable& vk, VkPhysicalDevice device) {
    std::vector<VkExtensionProperties> list;
    for (;;) {
        uint32_t count = 0;
        vk.vkEnumerateDeviceExtensionProperties(device, nullptr, &count, nullptr)
            .require("listing the device's extensions");
        list.resize(count);
        const Outcome outcome =
            vk.vkEnumerateDeviceExtensionProperties(device, nullptr, &count, list.data());
        if (outcome.code() == VK_INCOMPLETE) continue;
        outcome.require("listing the device's extensions");
        list.resize(count);
        break;
    }
    ExtensionSet names;
    for (const VkExtensionProperties& extension : list) names.insert(extension.extensionName);
    return names;
}

// A list that Vulkan gives in two calls; empty where the driver lacks the function or fails.
template <class Properties, class Function>
std::vector<Properties> listed(const Function& function, VkPhysicalDevice device,
                               VkStructureType type) {
    uint32_t count = 0;
    if (!function || !function(device, &count, nullptr).ok()) return {};
    Properties blank{};
    blank.sType = type;
    std::vector<Properties> list(count, blank);
    const VkResult result = function(device, &count, list.data()).code();
    if (result != VK_SUCCESS && result != VK_INCOMPLETE) return {};
    list.resize(count);
    return list;
}

// Does it multiply f16 and sum f32, for a subgroup?
bool is_ours(const auto& shape) {
    return shape.AType == VK_COMPONENT_TYPE_FLOAT16_KHR &&
           shape.BType == VK_COMPONENT_TYPE_FLOAT16_KHR &&
           shape.CType == VK_COMPONENT_TYPE_FLOAT32_KHR &&
           shape.ResultType == VK_COMPONENT_TYPE_FLOAT32_KHR &&
           shape.scope == VK_SCOPE_SUBGROUP_KHR && !shape.saturatingAccumulation;
}

// The largest of our shapes; kernels work in eights along k.
MatrixShape largest_matrix(const VkTable& vk, VkPhysicalDevice device) {
    MatrixShape best;
    for (const auto& shape : listed<VkCooperativeMatrixPropertiesKHR>(
             vk.vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR, device,
             VK_STRUCTURE_TYPE_COOPERATIVE_MATRIX_PROPERTIES_KHR)) {
        if (is_ours(shape) && shape.KSize % 8 == 0 &&
            shape.MSize * shape.NSize * shape.KSize > best.m * best.n * best.k) {
            best = {shape.MSize, shape.NSize, shape.KSize};
        }
    }
    return best;
}

MatrixShape smallest_steps(const VkTable& vk, VkPhysicalDevice device) {
    MatrixShape best;
    for (const auto& shape : listed<VkCooperativeMatrixFlexibleDimensionsPropertiesNV>(
             vk.vkGetPhysicalDeviceCooperativeMatrixFlexibleDimensionsPropertiesNV, device,
             VK_STRUCTURE_TYPE_COOPERATIVE_MATRIX_FLEXIBLE_DIMENSIONS_PROPERTIES_NV)) {
        const MatrixShape steps{shape.MGranularity, shape.NGranularity, shape.KGranularity};
        if (is_ours(shape) &&
            (best.k == 0 || steps.m * steps.n * steps.k < best.m * best.n * best.k))
            best = steps;
    }
    return best;
}

}  // namespace

DeviceSnapshot probe_device(const VkTable& vk, VkPhysicalDevice device, uint32_t api_version) {
    DeviceSnapshot snapshot;
    snapshot.extensions = device_extensions(vk, device);

    VkPhysicalDeviceDriverProperties driver{};
    driver.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES;
    VkPhysicalDeviceMaintenance3Properties maintenance{};
    maintenance.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES;
    VkPhysicalDeviceSubgroupProperties subgroup{};
    subgroup.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES;
    subgroup.pNext = &maintenance;
    if (snapshot.extensions.contains(VK_KHR_DRIVER_PROPERTIES_EXTENSION_NAME)) {
        maintenance.pNext = &driver;
    }
    VkPhysicalDeviceCooperativeMatrix2PropertiesNV matrices{};
    matrices.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_2_PROPERTIES_NV;
    if (snapshot.extensions.contains(VK_NV_COOPERATIVE_MATRIX_2_EXTENSION_NAME)) {
        matrices.pNext = subgroup.pNext;
        subgroup.pNext = &matrices;
    }
    VkPhysicalDeviceProperties2 properties{};
    properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
    properties.pNext = &subgroup;
    vk.vkGetPhysicalDeviceProperties2(device, &properties);
    snapshot.properties = properties.properties;
    snapshot.api_version = std::min(api_version, snapshot.properties.apiVersion);
    snapshot.driver_id = driver.driverID;
    snapshot.driver = driver.driverName;
    if (driver.driverInfo[0] != '\0') snapshot.driver += std::string(" ") + driver.driverInfo;
    snapshot.subgroup_size = subgroup.subgroupSize;
    snapshot.subgroup_stages = subgroup.supportedStages;
    snapshot.subgroup_operations = subgroup.supportedOperations;
    snapshot.max_allocation_bytes = maintenance.maxMemoryAllocationSize;

    FeatureChain features(snapshot.extensions);
    vk.vkGetPhysicalDeviceFeatures2(device, features.head());
    snapshot.features = read_features(features.head());
    if (snapshot.features.cooperative_matrix) {
        snapshot.matrix = largest_matrix(vk, device);
    }
    if (snapshot.features.matrix_dimensions) {
        snapshot.matrix_steps = smallest_steps(vk, device);
        snapshot.matrix_limit = matrices.cooperativeMatrixFlexibleDimensionsMaxDimension;
    }

    uint32_t count = 0;
    vk.vkGetPhysicalDeviceQueueFamilyProperties(device, &count, nullptr);
    snapshot.queue_families.resize(count);
    vk.vkGetPhysicalDeviceQueueFamilyProperties(device, &count, snapshot.queue_families.data());
    snapshot.queue_families.resize(count);

    refresh_budget(vk, device, snapshot);
    return snapshot;
}

void refresh_budget(const VkTable& vk, VkPhysicalDevice device, DeviceSnapshot& snapshot) {
    VkPhysicalDeviceMemoryBudgetPropertiesEXT budget{};
    budget.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT;
    VkPhysicalDeviceMemoryProperties2 memory{};
    memory.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2;
    snapshot.has_budget = snapshot.extensions.contains(VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
    if (snapshot.has_budget) memory.pNext = &budget;
    vk.vkGetPhysicalDeviceMemoryProperties2(device, &memory);
    snapshot.memory = memory.memoryProperties;
    for (uint32_t heap = 0; heap < VK_MAX_MEMORY_HEAPS; ++heap) {
        snapshot.heap_budget[heap] = budget.heapBudget[heap];
        snapshot.heap_usage[heap] = budget.heapUsage[heap];
    }
}

}  // namespace hekla::vulkan
