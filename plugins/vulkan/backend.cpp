// SPDX-License-Identifier: MIT
#include "backend.hpp"

#include <algorithm>
#include <cstring>

namespace hekla::vulkan {

Backend::Backend(const hekla_plugin_host& host) : host_(host) {
    if (host.cache_folder != nullptr) cache_folder_ = host.cache_folder;
    if (host.lent_device != nullptr) {
        borrow(*static_cast<const hekla_vulkan_host*>(host.lent_device));
        return;
    }
    try {
        open_own();
    } catch (...) {
        if (own_instance_ != VK_NULL_HANDLE) vk_.vkDestroyInstance(own_instance_, nullptr);
        throw;
    }
}

Backend::~Backend() {
    if (own_instance_ != VK_NULL_HANDLE) vk_.vkDestroyInstance(own_instance_, nullptr);
}

void Backend::borrow(const hekla_vulkan_host& lent) {
    const auto refuse = [](const char* what) {
        throw Failure(HEKLA_PLUGIN_INVALID_ARGUMENT, format("the lent device: %s", what));
    };
    if (lent.size < sizeof(hekla_vulkan_host)) refuse("`size` is not that of hekla_vulkan_host");
    if (lent.get_instance_proc_addr == nullptr || lent.instance == VK_NULL_HANDLE ||
        lent.physical_device == VK_NULL_HANDLE || lent.device == VK_NULL_HANDLE ||
        lent.queue == VK_NULL_HANDLE) {
        refuse("a handle or get_instance_proc_addr is null");
    }
    if (lent.api_version < VK_API_VERSION_1_1) refuse("`api_version` is below Vulkan 1.1");
    if ((lent.lock_queue == nullptr) != (lent.unlock_queue == nullptr)) {
        refuse("lock_queue and unlock_queue come as a pair");
    }
    lent_copy_ = lent;
    lent_ = &lent_copy_;
    lent_features_ = read_features(lent.enabled_features);
    api_version_ = lent.api_version;
    // The lists end with the call; what they say has been taken.
    lent_copy_.enabled_extensions = nullptr;
    lent_copy_.enabled_extension_count = 0;
    lent_copy_.enabled_features = nullptr;

    vk_.load_instance(lent.get_instance_proc_addr, lent.instance);
    devices_.push_back(
        {lent.physical_device, probe_device(vk_, lent.physical_device, api_version_)});
    plan(devices_.front().snapshot, hekla_plugin_device_request{});  // refuses what cannot be used
}

void Backend::open_own() {
    loader_.emplace();
    if (loader_->get_instance_proc_addr() == nullptr) {
        log(HEKLA_PLUGIN_INFO, "no Vulkan loader (libvulkan.so.1) on this machine");
        return;
    }
    vk_.load_global(loader_->get_instance_proc_addr());
    create_instance();
    if (own_instance_ != VK_NULL_HANDLE) find_devices();
}

void Backend::create_instance() {
    uint32_t version = 0;
    vk_.vkEnumerateInstanceVersion(&version).require("asking for Vulkan's version");
    if (version < VK_API_VERSION_1_1) {
        log(HEKLA_PLUGIN_INFO, "the Vulkan loader is older than 1.1");
        return;
    }
    api_version_ = std::min(
        version, VK_API_VERSION_1_3);  // of which kernels may be, where the device has it too
    // Drivers that are only nearly conformant (MoltenVK) are listed to those who ask.
    uint32_t count = 0;
    vk_.vkEnumerateInstanceExtensionProperties(nullptr, &count, nullptr)
        .require("listing instance extensions");
    std::vector<VkExtensionProperties> list(count);
    const Outcome listed = vk_.vkEnumerateInstanceExtensionProperties(nullptr, &count, list.data());
    if (listed.code() != VK_INCOMPLETE) listed.require("listing instance extensions");
    list.resize(count);
    const char* portability = VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME;
    const bool has_portability =
        std::any_of(list.begin(), list.end(), [&](const VkExtensionProperties& extension) {
            return std::strcmp(extension.extensionName, portability) == 0;
        });

    VkApplicationInfo application{};
    application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
    application.pEngineName = "hekla";
    application.apiVersion = api_version_;
    VkInstanceCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
    info.pApplicationInfo = &application;
    if (has_portability) {
        info.flags = VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR;
        info.enabledExtensionCount = 1;
        info.ppEnabledExtensionNames = &portability;
    }
    VkInstance instance = VK_NULL_HANDLE;
    const Outcome outcome = vk_.vkCreateInstance(&info, nullptr, &instance);
    if (outcome.code() == VK_ERROR_INCOMPATIBLE_DRIVER) {
        log(HEKLA_PLUGIN_INFO, "no Vulkan driver on this machine");
        return;
    }
    outcome.require("creating an instance");
    own_instance_ = instance;
    vk_.load_instance(loader_->get_instance_proc_addr(), instance);
}

void Backend::find_devices() {
    std::vector<VkPhysicalDevice> handles;
    for (;;) {
        uint32_t count = 0;
        const Outcome counted = vk_.vkEnumeratePhysicalDevices(own_instance_, &count, nullptr);
        // Some loaders say this when drivers are installed and none finds its hardware.
        if (counted.code() == VK_ERROR_INITIALIZATION_FAILED) return;
        counted.require("listing devices");
        handles.resize(count);
        const Outcome listed =
            vk_.vkEnumeratePhysicalDevices(own_instance_, &count, handles.data());
        if (listed.code() == VK_INCOMPLETE) continue;
        if (listed.code() == VK_ERROR_INITIALIZATION_FAILED) return;
        listed.require("listing devices");
        handles.resize(count);
        break;
    }
    for (const VkPhysicalDevice handle : handles) {
        VkPhysicalDeviceProperties properties{};
        vk_.vkGetPhysicalDeviceProperties(handle, &properties);
        if (properties.apiVersion < VK_API_VERSION_1_1) {
            log(HEKLA_PLUGIN_INFO,
                format("%s is left out: its driver has Vulkan 1.0", properties.deviceName));
            continue;
        }
        DeviceSnapshot snapshot = probe_device(vk_, handle, api_version_);
        try {
            plan(snapshot, hekla_plugin_device_request{});
        } catch (const Failure& failure) {
            log(HEKLA_PLUGIN_INFO,
                format("%s is left out: %s", properties.deviceName, failure.what()));
            continue;
        }
        devices_.push_back({handle, std::move(snapshot)});
    }
    std::stable_sort(devices_.begin(), devices_.end(), [](const Candidate& a, const Candidate& b) {
        return device_rank(a.snapshot.properties.deviceType) <
               device_rank(b.snapshot.properties.deviceType);
    });
}

const Backend::Candidate& Backend::candidate(uint32_t index) const {
    if (index >= devices_.size()) {
        throw Failure(
            HEKLA_PLUGIN_NOT_FOUND,
            format("there are %zu Vulkan devices, none is number %u", devices_.size(), index));
    }
    return devices_[index];
}

DevicePlan Backend::plan(const DeviceSnapshot& snapshot,
                         const hekla_plugin_device_request& request) const {
    if (lent_ == nullptr) return plan_device(snapshot, request, shipped_blocklist(), nullptr);
    const LentDevice lent{lent_->queue_family, lent_features_};
    return plan_device(snapshot, request, shipped_blocklist(), &lent);
}

hekla_plugin_device_info Backend::device_info(uint32_t index) const {
    const Candidate& chosen = candidate(index);
    DeviceSnapshot snapshot = chosen.snapshot;
    refresh_budget(vk_, chosen.physical_device, snapshot);
    return plan(snapshot, hekla_plugin_device_request{}).info;
}

std::unique_ptr<Device> Backend::create_device(uint32_t index,
                                               const hekla_plugin_device_request& request) {
    const Candidate& chosen = candidate(index);
    DevicePlan decided = plan(chosen.snapshot, request);
    for (const char* remark : decided.remarks) {
        log(HEKLA_PLUGIN_DEBUG, format("%s: %s", decided.info.name, remark));
    }
    return std::make_unique<Device>(vk_, chosen.physical_device, chosen.snapshot,
                                    std::move(decided), lent_, cache_folder_);
}

void Backend::log(hekla_plugin_severity severity, const std::string& text) const {
    if (host_.log != nullptr) host_.log(host_.user, severity, text.c_str());
}

}  // namespace hekla::vulkan
