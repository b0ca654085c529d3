// SPDX-License-Identifier: MIT
#pragma once

#include <vulkan/vulkan_core.h>

#include <set>
#include <string>

namespace hekla::vulkan {

using ExtensionSet = std::set<std::string>;

/// The features of Vulkan this plugin knows, wherever Vulkan keeps them. Used for what a device can do, for what is enabled on
/// our own device, and for what a host says it enabled on a lent one.
struct FeatureSet {
    bool robust_buffer_access = false;
    bool shader_int16 = false;
    bool shader_int64 = false;
    bool storage_16bit = false;
    bool uniform_16bit = false;
    bool storage_8bit = false;
    bool uniform_8bit = false;
    bool float16 = false;
    bool int8 = false;
    bool integer_dot = false;
    bool memory_model = false;
    bool memory_model_device_scope = false;
    bool cooperative_matrix = false;
    bool matrix_dimensions = false;  // of VK_NV_cooperative_matrix2: any multiples of a granularity
    bool matrix_elements = false;    // likewise: functions of a matrix's elements
    bool maintenance4 = false;
    bool buffer_address = false;
    bool device_fault = false;

    bool operator==(const FeatureSet&) const = default;
};

/// A VkPhysicalDeviceFeatures2 chain with room for all of FeatureSet; only structs whose extension is in `extensions` are
/// linked, so that it can be given to any driver. Not copyable: the chain points into itself.
class FeatureChain {
  public:
    explicit FeatureChain(const ExtensionSet& extensions);
    FeatureChain(const FeatureChain&) = delete;
    FeatureChain& operator=(const FeatureChain&) = delete;

    VkPhysicalDeviceFeatures2* head() { return &core_; }
    void set(const FeatureSet& features);

  private:
    VkPhysicalDeviceFeatures2 core_{};
    VkPhysicalDevice16BitStorageFeatures storage_16bit_{};
    VkPhysicalDevice8BitStorageFeatures storage_8bit_{};
    VkPhysicalDeviceShaderFloat16Int8Features float16_int8_{};
    VkPhysicalDeviceShaderIntegerDotProductFeatures integer_dot_{};
    VkPhysicalDeviceVulkanMemoryModelFeatures memory_model_{};
    VkPhysicalDeviceCooperativeMatrixFeaturesKHR cooperative_matrix_{};
    VkPhysicalDeviceCooperativeMatrix2FeaturesNV cooperative_matrix2_{};
    VkPhysicalDeviceMaintenance4Features maintenance4_{};
    VkPhysicalDeviceBufferDeviceAddressFeatures buffer_address_{};
    VkPhysicalDeviceFaultFeaturesEXT device_fault_{};
};

/// Reads any chain, also one that uses VkPhysicalDeviceVulkan11Features and its successors. Null: nothing.
FeatureSet read_features(const VkPhysicalDeviceFeatures2* chain);

/// The device extensions that the features in `features` come from.
std::set<const char*> extensions_for(const FeatureSet& features);

}  // namespace hekla::vulkan
