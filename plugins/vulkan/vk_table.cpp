// SPDX-License-Identifier: MIT
#include "vk_table.hpp"

namespace hekla::vulkan {
namespace {

PFN_vkVoidFunction required(PFN_vkVoidFunction pointer, const char* name) {
    if (pointer == nullptr) {
        throw Failure(HEKLA_PLUGIN_UNSUPPORTED,
                      format("this Vulkan has no %s; Vulkan 1.1 or later is needed", name));
    }
    return pointer;
}

}  // namespace

void VkTable::load_global(PFN_vkGetInstanceProcAddr source) {
    get_instance_proc_addr = source;
#define LOAD(name) name.set(#name, required(source(VK_NULL_HANDLE, #name), #name));
    HEKLA_VK_GLOBAL(LOAD)
#undef LOAD
}

void VkTable::load_instance(PFN_vkGetInstanceProcAddr source, VkInstance instance) {
    get_instance_proc_addr = source;
#define LOAD(name) name.set(#name, required(source(instance, #name), #name));
    HEKLA_VK_INSTANCE(LOAD)
#undef LOAD
#define LOAD(name) name.set(#name, source(instance, #name));
    HEKLA_VK_INSTANCE_OPTIONAL(LOAD)
#undef LOAD
}

void VkTable::load_device(VkDevice device) {
#define LOAD(name) name.set(#name, required(vkGetDeviceProcAddr(device, #name), #name));
    HEKLA_VK_DEVICE(LOAD)
#undef LOAD
#define LOAD(name) name.set(#name, vkGetDeviceProcAddr(device, #name));
    HEKLA_VK_DEVICE_OPTIONAL(LOAD)
#undef LOAD
}

}  // namespace hekla::vulkan
