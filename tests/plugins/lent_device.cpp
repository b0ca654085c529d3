// SPDX-License-Identifier: MIT
#include "lent_device.hpp"

#include "vk_hooks.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace hekla::testing {
namespace {

void require(VkResult result, const char* what) {
    if (result != VK_SUCCESS) throw std::runtime_error(what);
}

}  // namespace

template <class F>
F LentDevice::load(const char* name) {
    return reinterpret_cast<F>(VkHooks::real()(host_.instance, name));
}

LentDevice::LentDevice(bool optional_features) {
    VkHooks::reset();
    VkApplicationInfo application{};
    application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
    application.apiVersion = optional_features ? VK_API_VERSION_1_2 : VK_API_VERSION_1_1;
    VkInstanceCreateInfo instance_info{};
    instance_info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
    instance_info.pApplicationInfo = &application;
    require(
        load<PFN_vkCreateInstance>("vkCreateInstance")(&instance_info, nullptr, &host_.instance),
        "vkCreateInstance");

    uint32_t count = 1;
    const VkResult listed = load<PFN_vkEnumeratePhysicalDevices>("vkEnumeratePhysicalDevices")(
        host_.instance, &count, &host_.physical_device);
    if ((listed != VK_SUCCESS && listed != VK_INCOMPLETE) || count == 0)
        throw std::runtime_error("no device");

    VkPhysicalDeviceProperties properties{};
    load<PFN_vkGetPhysicalDeviceProperties>("vkGetPhysicalDeviceProperties")(host_.physical_device,
                                                                             &properties);
    const uint32_t version = std::min(application.apiVersion, properties.apiVersion);

    const auto families_of = load<PFN_vkGetPhysicalDeviceQueueFamilyProperties>(
        "vkGetPhysicalDeviceQueueFamilyProperties");
    families_of(host_.physical_device, &count, nullptr);
    std::vector<VkQueueFamilyProperties> families(count);
    families_of(host_.physical_device, &count, families.data());
    while ((families.at(host_.queue_family).queueFlags & VK_QUEUE_COMPUTE_BIT) == 0)
        ++host_.queue_family;

    features_.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
    features_1_1_.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES;
    features_1_2_.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
    const bool with_features = optional_features && version >= VK_API_VERSION_1_2;
    if (with_features) {
        features_.pNext = &features_1_1_;
        features_1_1_.pNext = &features_1_2_;
        load<PFN_vkGetPhysicalDeviceFeatures2>("vkGetPhysicalDeviceFeatures2")(
            host_.physical_device, &features_);
    }
    const float priority = 1.0f;
    VkDeviceQueueCreateInfo queue_info{};
    queue_info.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
    queue_info.queueFamilyIndex = host_.queue_family;
    queue_info.queueCount = 1;
    queue_info.pQueuePriorities = &priority;
    VkDeviceCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
    info.pNext = with_features ? &features_ : nullptr;
    info.queueCreateInfoCount = 1;
    info.pQueueCreateInfos = &queue_info;
    require(load<PFN_vkCreateDevice>("vkCreateDevice")(host_.physical_device, &info, nullptr,
                                                       &host_.device),
            "vkCreateDevice");
    load<PFN_vkGetDeviceQueue>("vkGetDeviceQueue")(host_.device, host_.queue_family, 0,
                                                   &host_.queue);

    host_.size = sizeof host_;
    host_.api_version = version;
    host_.get_instance_proc_addr = VkHooks::get_instance_proc_addr();
    host_.enabled_features = with_features ? &features_ : nullptr;
    host_.user = this;
    host_.lock_queue = [](void* user) {
        auto& self = *static_cast<LentDevice*>(user);
        self.queue_mutex_.lock();
        self.lock_errors_ += self.locked_ ? 1 : 0;
        self.locked_ = true;
        ++self.lock_count_;
    };
    host_.unlock_queue = [](void* user) {
        auto& self = *static_cast<LentDevice*>(user);
        self.lock_errors_ += self.locked_ ? 0 : 1;
        self.locked_ = false;
        self.queue_mutex_.unlock();
    };
}

bool LentDevice::alive() {
    VkSubmitInfo nothing{};
    nothing.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    return load<PFN_vkQueueSubmit>("vkQueueSubmit")(host_.queue, 1, &nothing, VK_NULL_HANDLE) ==
               VK_SUCCESS &&
           load<PFN_vkQueueWaitIdle>("vkQueueWaitIdle")(host_.queue) == VK_SUCCESS;
}

LentDevice::~LentDevice() {
    load<PFN_vkDestroyDevice>("vkDestroyDevice")(host_.device, nullptr);
    load<PFN_vkDestroyInstance>("vkDestroyInstance")(host_.instance, nullptr);
}

}  // namespace hekla::testing
