// SPDX-License-Identifier: MIT
#include "features.hpp"

namespace hekla::vulkan {

FeatureChain::FeatureChain(const ExtensionSet& extensions) {
    core_.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
    void** tail = &core_.pNext;
    const auto link = [&](const char* extension, auto& next, VkStructureType type) {
        next.sType = type;
        if (extension != nullptr && !extensions.contains(extension)) return;
        *tail = &next;
        tail = &next.pNext;
    };
    link(nullptr, storage_16bit_, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES);
    link(VK_KHR_8BIT_STORAGE_EXTENSION_NAME, storage_8bit_,
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_8BIT_STORAGE_FEATURES);
    link(VK_KHR_SHADER_FLOAT16_INT8_EXTENSION_NAME, float16_int8_,
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES);
    link(VK_KHR_SHADER_INTEGER_DOT_PRODUCT_EXTENSION_NAME, integer_dot_,
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_FEATURES);
    link(VK_KHR_VULKAN_MEMORY_MODEL_EXTENSION_NAME, memory_model_,
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_MEMORY_MODEL_FEATURES);
    link(VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME, cooperative_matrix_,
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_KHR);
    link(VK_NV_COOPERATIVE_MATRIX_2_EXTENSION_NAME, cooperative_matrix2_,
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_2_FEATURES_NV);
    link(VK_KHR_MAINTENANCE_4_EXTENSION_NAME, maintenance4_,
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_FEATURES);
    link(VK_KHR_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME, buffer_address_,
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES);
    link(VK_EXT_DEVICE_FAULT_EXTENSION_NAME, device_fault_,
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FAULT_FEATURES_EXT);
}

void FeatureChain::set(const FeatureSet& features) {
    core_.features.robustBufferAccess = features.robust_buffer_access;
    core_.features.shaderInt16 = features.shader_int16;
    core_.features.shaderInt64 = features.shader_int64;
    storage_16bit_.storageBuffer16BitAccess = features.storage_16bit;
    storage_16bit_.uniformAndStorageBuffer16BitAccess = features.uniform_16bit;
    storage_8bit_.storageBuffer8BitAccess = features.storage_8bit;
    storage_8bit_.uniformAndStorageBuffer8BitAccess = features.uniform_8bit;
    float16_int8_.shaderFloat16 = features.float16;
    float16_int8_.shaderInt8 = features.int8;
    integer_dot_.shaderIntegerDotProduct = features.integer_dot;
    memory_model_.vulkanMemoryModel = features.memory_model;
    memory_model_.vulkanMemoryModelDeviceScope = features.memory_model_device_scope;
    cooperative_matrix_.cooperativeMatrix = features.cooperative_matrix;
    cooperative_matrix2_.cooperativeMatrixFlexibleDimensions = features.matrix_dimensions;
    cooperative_matrix2_.cooperativeMatrixPerElementOperations = features.matrix_elements;
    maintenance4_.maintenance4 = features.maintenance4;
    buffer_address_.bufferDeviceAddress = features.buffer_address;
    device_fault_.deviceFault = features.device_fault;
}

namespace {

void read_one(const VkBaseInStructure* next, FeatureSet& set) {
    switch (next->sType) {
        case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES: {
            const auto& in = *reinterpret_cast<const VkPhysicalDevice16BitStorageFeatures*>(next);
            set.storage_16bit = in.storageBuffer16BitAccess;
            set.uniform_16bit = in.uniformAndStorageBuffer16BitAccess;
            break;
        }
        case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES: {
            const auto& in = *reinterpret_cast<const VkPhysicalDeviceVulkan11Features*>(next);
            set.storage_16bit = in.storageBuffer16BitAccess;
            set.uniform_16bit = in.uniformAndStorageBuffer16BitAccess;
            break;
        }
        case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_8BIT_STORAGE_FEATURES: {
            const auto& in = *reinterpret_cast<const VkPhysicalDevice8BitStorageFeatures*>(next);
            set.storage_8bit = in.storageBuffer8BitAccess;
            set.uniform_8bit = in.uniformAndStorageBuffer8BitAccess;
            break;
        }
        case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES: {
            const auto& in =
                *reinterpret_cast<const VkPhysicalDeviceShaderFloat16Int8Features*>(next);
            set.float16 = in.shaderFloat16;
            set.int8 = in.shaderInt8;
            break;
        }
        case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_MEMORY_MODEL_FEATURES: {
            const auto& in =
                *reinterpret_cast<const VkPhysicalDeviceVulkanMemoryModelFeatures*>(next);
            set.memory_model = in.vulkanMemoryModel;
            set.memory_model_device_scope = in.vulkanMemoryModelDeviceScope;
            break;
        }
        case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES: {
            const auto& in =
                *reinterpret_cast<const VkPhysicalDeviceBufferDeviceAddressFeatures*>(next);
            set.buffer_address = in.bufferDeviceAddress;
            break;
        }
        case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES: {
            const auto& in = *reinterpret_cast<const VkPhysicalDeviceVulkan12Features*>(next);
            set.storage_8bit = in.storageBuffer8BitAccess;
            set.uniform_8bit = in.uniformAndStorageBuffer8BitAccess;
            set.float16 = in.shaderFloat16;
            set.int8 = in.shaderInt8;
            set.memory_model = in.vulkanMemoryModel;
            set.memory_model_device_scope = in.vulkanMemoryModelDeviceScope;
            set.buffer_address = in.bufferDeviceAddress;
            break;
        }
        case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_FEATURES: {
            const auto& in =
                *reinterpret_cast<const VkPhysicalDeviceShaderIntegerDotProductFeatures*>(next);
            set.integer_dot = in.shaderIntegerDotProduct;
            break;
        }
        case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES: {
            const auto& in = *reinterpret_cast<const VkPhysicalDeviceVulkan13Features*>(next);
            set.integer_dot = in.shaderIntegerDotProduct;
            set.maintenance4 = in.maintenance4;
            break;
        }
        case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_FEATURES: {
            const auto& in = *reinterpret_cast<const VkPhysicalDeviceMaintenance4Features*>(next);
            set.maintenance4 = in.maintenance4;
            break;
        }
        case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_2_FEATURES_NV: {
            const auto& in =
                *reinterpret_cast<const VkPhysicalDeviceCooperativeMatrix2FeaturesNV*>(next);
            set.matrix_dimensions = in.cooperativeMatrixFlexibleDimensions;
            set.matrix_elements = in.cooperativeMatrixPerElementOperations;
            break;
        }
        case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_KHR: {
            const auto& in =
                *reinterpret_cast<const VkPhysicalDeviceCooperativeMatrixFeaturesKHR*>(next);
            set.cooperative_matrix = in.cooperativeMatrix;
            break;
        }
        case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FAULT_FEATURES_EXT: {
            const auto& in = *reinterpret_cast<const VkPhysicalDeviceFaultFeaturesEXT*>(next);
            set.device_fault = in.deviceFault;
            break;
        }
        default:
            break;
    }
}

}  // namespace

FeatureSet read_features(const VkPhysicalDeviceFeatures2* chain) {
    FeatureSet set;
    if (chain == nullptr) return set;
    set.robust_buffer_access = chain->features.robustBufferAccess;
    set.shader_int16 = chain->features.shaderInt16;
    set.shader_int64 = chain->features.shaderInt64;
    for (auto* next = static_cast<const VkBaseInStructure*>(chain->pNext); next != nullptr;
         next = next->pNext) {
        read_one(next, set);
    }
    return set;
}

std::set<const char*> extensions_for(const FeatureSet& features) {
    std::set<const char*> names;
    if (features.storage_8bit) names.insert(VK_KHR_8BIT_STORAGE_EXTENSION_NAME);
    if (features.float16 || features.int8) names.insert(VK_KHR_SHADER_FLOAT16_INT8_EXTENSION_NAME);
    if (features.integer_dot) names.insert(VK_KHR_SHADER_INTEGER_DOT_PRODUCT_EXTENSION_NAME);
    if (features.memory_model) names.insert(VK_KHR_VULKAN_MEMORY_MODEL_EXTENSION_NAME);
    if (features.cooperative_matrix) names.insert(VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME);
    if (features.matrix_dimensions || features.matrix_elements) {
        names.insert(VK_NV_COOPERATIVE_MATRIX_2_EXTENSION_NAME);
    }
    if (features.maintenance4) names.insert(VK_KHR_MAINTENANCE_4_EXTENSION_NAME);
    if (features.buffer_address) names.insert(VK_KHR_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME);
    if (features.device_fault) names.insert(VK_EXT_DEVICE_FAULT_EXTENSION_NAME);
    return names;
}

}  // namespace hekla::vulkan
