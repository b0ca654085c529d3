// SPDX-License-Identifier: MIT
#include "failure.hpp"

#include <cstdarg>
#include <cstdio>

namespace hekla::vulkan {

std::string format(const char* pattern, ...) {
    char text[sizeof(hekla_plugin_error::text)];
    va_list arguments;
    va_start(arguments, pattern);
    std::vsnprintf(text, sizeof text, pattern, arguments);
    va_end(arguments);
    return text;
}

std::string vk_result_name(VkResult result) {
    switch (result) {
#define NAME(value) \
    case value:     \
        return #value;
        NAME(VK_SUCCESS)
        NAME(VK_NOT_READY)
        NAME(VK_TIMEOUT)
        NAME(VK_INCOMPLETE)
        NAME(VK_ERROR_OUT_OF_HOST_MEMORY)
        NAME(VK_ERROR_OUT_OF_DEVICE_MEMORY)
        NAME(VK_ERROR_INITIALIZATION_FAILED)
        NAME(VK_ERROR_DEVICE_LOST)
        NAME(VK_ERROR_MEMORY_MAP_FAILED)
        NAME(VK_ERROR_LAYER_NOT_PRESENT)
        NAME(VK_ERROR_EXTENSION_NOT_PRESENT)
        NAME(VK_ERROR_FEATURE_NOT_PRESENT)
        NAME(VK_ERROR_INCOMPATIBLE_DRIVER)
        NAME(VK_ERROR_TOO_MANY_OBJECTS)
        NAME(VK_ERROR_FRAGMENTED_POOL)
        NAME(VK_ERROR_UNKNOWN)
        NAME(VK_ERROR_OUT_OF_POOL_MEMORY)
        NAME(VK_ERROR_INVALID_SHADER_NV)
#undef NAME
        default:
            return format("VkResult %d", static_cast<int>(result));
    }
}

hekla_plugin_result plugin_result(VkResult result) {
    switch (result) {
        case VK_ERROR_OUT_OF_HOST_MEMORY:
        case VK_ERROR_OUT_OF_DEVICE_MEMORY:
        case VK_ERROR_MEMORY_MAP_FAILED:
        case VK_ERROR_TOO_MANY_OBJECTS:
        case VK_ERROR_FRAGMENTED_POOL:
        case VK_ERROR_OUT_OF_POOL_MEMORY:
            return HEKLA_PLUGIN_OUT_OF_MEMORY;
        case VK_ERROR_DEVICE_LOST:
            return HEKLA_PLUGIN_DEVICE_LOST;
        case VK_ERROR_LAYER_NOT_PRESENT:
        case VK_ERROR_EXTENSION_NOT_PRESENT:
        case VK_ERROR_FEATURE_NOT_PRESENT:
        case VK_ERROR_INCOMPATIBLE_DRIVER:
            return HEKLA_PLUGIN_UNSUPPORTED;
        default:
            return HEKLA_PLUGIN_INTERNAL;
    }
}

std::string Outcome::text(const char* task) const {
    return format("%s answered %s while %s", call_, vk_result_name(result_).c_str(), task);
}

void Outcome::fail(const char* task) const { throw Failure(plugin_result(result_), text(task)); }

}  // namespace hekla::vulkan
