// SPDX-License-Identifier: MIT
#pragma once

#include "failure.hpp"

#include <vulkan/vulkan_core.h>

#include <utility>

namespace hekla::vulkan {

/// One Vulkan function. A call that can fail gives an Outcome; the others give what Vulkan gives.
template <class Function>
class Call;

template <class... Arguments>
class Call<VkResult(VKAPI_PTR*)(Arguments...)> {
  public:
    using Pointer = VkResult(VKAPI_PTR*)(Arguments...);

    Outcome operator()(Arguments... arguments) const {
        return Outcome(pointer_(arguments...), name_);
    }
    explicit operator bool() const { return pointer_ != nullptr; }
    void set(const char* name, PFN_vkVoidFunction pointer) {
        name_ = name;
        pointer_ = reinterpret_cast<Pointer>(pointer);
    }

  private:
    const char* name_ = "";
    Pointer pointer_ = nullptr;
};

template <class Result, class... Arguments>
class Call<Result(VKAPI_PTR*)(Arguments...)> {
  public:
    using Pointer = Result(VKAPI_PTR*)(Arguments...);

    Result operator()(Arguments... arguments) const { return pointer_(arguments...); }
    explicit operator bool() const { return pointer_ != nullptr; }
    void set(const char*, PFN_vkVoidFunction pointer) {
        pointer_ = reinterpret_cast<Pointer>(pointer);
    }

  private:
    Pointer pointer_ = nullptr;
};

// Functions of Vulkan 1.1, by what they are asked from.
#define HEKLA_VK_GLOBAL(F)                    \
    F(vkEnumerateInstanceVersion)             \
    F(vkEnumerateInstanceExtensionProperties) \
    F(vkCreateInstance)
#define HEKLA_VK_INSTANCE(F)                    \
    F(vkDestroyInstance)                        \
    F(vkEnumeratePhysicalDevices)               \
    F(vkGetPhysicalDeviceProperties)            \
    F(vkGetPhysicalDeviceProperties2)           \
    F(vkGetPhysicalDeviceFeatures2)             \
    F(vkGetPhysicalDeviceMemoryProperties2)     \
    F(vkGetPhysicalDeviceQueueFamilyProperties) \
    F(vkEnumerateDeviceExtensionProperties)     \
    F(vkCreateDevice)                           \
    F(vkGetDeviceProcAddr)
#define HEKLA_VK_DEVICE(F)           \
    F(vkDestroyDevice)               \
    F(vkGetDeviceQueue)              \
    F(vkQueueSubmit)                 \
    F(vkAllocateMemory)              \
    F(vkFreeMemory)                  \
    F(vkMapMemory)                   \
    F(vkCreateBuffer)                \
    F(vkDestroyBuffer)               \
    F(vkGetBufferMemoryRequirements) \
    F(vkBindBufferMemory)            \
    F(vkCreateFence)                 \
    F(vkDestroyFence)                \
    F(vkResetFences)                 \
    F(vkGetFenceStatus)              \
    F(vkWaitForFences)               \
    F(vkCreateShaderModule)          \
    F(vkDestroyShaderModule)         \
    F(vkCreateDescriptorSetLayout)   \
    F(vkDestroyDescriptorSetLayout)  \
    F(vkCreatePipelineLayout)        \
    F(vkDestroyPipelineLayout)       \
    F(vkCreatePipelineCache)         \
    F(vkDestroyPipelineCache)        \
    F(vkGetPipelineCacheData)        \
    F(vkCreateComputePipelines)      \
    F(vkDestroyPipeline)             \
    F(vkCreateDescriptorPool)        \
    F(vkDestroyDescriptorPool)       \
    F(vkAllocateDescriptorSets)      \
    F(vkUpdateDescriptorSets)        \
    F(vkCreateCommandPool)           \
    F(vkDestroyCommandPool)          \
    F(vkAllocateCommandBuffers)      \
    F(vkBeginCommandBuffer)          \
    F(vkEndCommandBuffer)            \
    F(vkCreateQueryPool)             \
    F(vkDestroyQueryPool)            \
    F(vkGetQueryPoolResults)         \
    F(vkCmdBindPipeline)             \
    F(vkCmdBindDescriptorSets)       \
    F(vkCmdDispatch)                 \
    F(vkCmdPipelineBarrier)          \
    F(vkCmdCopyBuffer)               \
    F(vkCmdFillBuffer)               \
    F(vkCmdResetQueryPool)           \
    F(vkCmdWriteTimestamp)
// Of extensions: empty where the driver or the host does not offer them.
#define HEKLA_VK_INSTANCE_OPTIONAL(F)                    \
    F(vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR) \
    F(vkGetPhysicalDeviceCooperativeMatrixFlexibleDimensionsPropertiesNV)
#define HEKLA_VK_DEVICE_OPTIONAL(F) \
    F(vkGetDeviceFaultInfoEXT)      \
    F(vkGetBufferDeviceAddressKHR)  \
    F(vkGetBufferDeviceAddress)

/// Every Vulkan function this plugin calls, and the only way it calls one: filled from one vkGetInstanceProcAddr, which a host
/// or a test may wrap to count, forbid or fail calls. A value: the backend has one, each device copies and completes it.
struct VkTable {
    PFN_vkGetInstanceProcAddr get_instance_proc_addr = nullptr;

#define HEKLA_VK_MEMBER(name) Call<PFN_##name> name;
    HEKLA_VK_GLOBAL(HEKLA_VK_MEMBER)
    HEKLA_VK_INSTANCE(HEKLA_VK_MEMBER)
    HEKLA_VK_DEVICE(HEKLA_VK_MEMBER)
    HEKLA_VK_INSTANCE_OPTIONAL(HEKLA_VK_MEMBER)
    HEKLA_VK_DEVICE_OPTIONAL(HEKLA_VK_MEMBER)
#undef HEKLA_VK_MEMBER

    /// Each throws Failure UNSUPPORTED that names the first function missing.
    void load_global(PFN_vkGetInstanceProcAddr source);
    void load_instance(PFN_vkGetInstanceProcAddr source, VkInstance instance);
    void load_device(VkDevice device);
};

/// Owns one child of a device. `Destroy` is the table's member that ends it: Owned<VkFence, &VkTable::vkDestroyFence>.
template <class Handle, auto Destroy>
class Owned {
  public:
    Owned() = default;
    Owned(const VkTable& vk, VkDevice device, Handle handle)
        : vk_(&vk), device_(device), handle_(handle) {}
    Owned(Owned&& other) noexcept { swap(other); }
    Owned& operator=(Owned&& other) noexcept {
        Owned(static_cast<Owned&&>(other)).swap(*this);
        return *this;
    }
    ~Owned() {
        if (handle_ != VK_NULL_HANDLE) (vk_->*Destroy)(device_, handle_, nullptr);
    }

    Handle get() const { return handle_; }
    const Handle* address() const { return &handle_; }

  private:
    void swap(Owned& other) noexcept {
        std::swap(vk_, other.vk_);
        std::swap(device_, other.device_);
        std::swap(handle_, other.handle_);
    }

    const VkTable* vk_ = nullptr;
    VkDevice device_ = VK_NULL_HANDLE;
    Handle handle_ = VK_NULL_HANDLE;
};

using OwnedBuffer = Owned<VkBuffer, &VkTable::vkDestroyBuffer>;
using OwnedMemory = Owned<VkDeviceMemory, &VkTable::vkFreeMemory>;
using OwnedFence = Owned<VkFence, &VkTable::vkDestroyFence>;
using OwnedShaderModule = Owned<VkShaderModule, &VkTable::vkDestroyShaderModule>;
using OwnedSetLayout = Owned<VkDescriptorSetLayout, &VkTable::vkDestroyDescriptorSetLayout>;
using OwnedPipelineLayout = Owned<VkPipelineLayout, &VkTable::vkDestroyPipelineLayout>;
using OwnedPipelineCache = Owned<VkPipelineCache, &VkTable::vkDestroyPipelineCache>;
using OwnedPipeline = Owned<VkPipeline, &VkTable::vkDestroyPipeline>;
using OwnedDescriptorPool = Owned<VkDescriptorPool, &VkTable::vkDestroyDescriptorPool>;
using OwnedCommandPool = Owned<VkCommandPool, &VkTable::vkDestroyCommandPool>;
using OwnedQueryPool = Owned<VkQueryPool, &VkTable::vkDestroyQueryPool>;

}  // namespace hekla::vulkan
