/* SPDX-License-Identifier: MIT */
/*
 * hekla_vulkan.h: lend Hekla your Vulkan device. The only public header that names Vulkan; include Vulkan's own header before it, or let it.
 *
 * Hekla then creates no instance and no device, reaches Vulkan through `get_instance_proc_addr` alone, and destroys nothing it
 * was lent. The handles stay valid until the runtime that borrowed them is destroyed.
 */
#ifndef HEKLA_VULKAN_H
#define HEKLA_VULKAN_H

#include <stdint.h>
#include <vulkan/vulkan_core.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A host's device. Vulkan cannot be asked what a device enabled, so the host says it. */
typedef struct hekla_vulkan_host {
    uint32_t size;        /* sizeof(hekla_vulkan_host) */
    uint32_t api_version; /* what the instance was created for, at least VK_API_VERSION_1_1 */
    PFN_vkGetInstanceProcAddr get_instance_proc_addr;
    VkInstance instance;
    VkPhysicalDevice physical_device;
    VkDevice device;
    VkQueue queue; /* with compute support */
    uint32_t queue_family;
    uint32_t enabled_extension_count; /* as given to vkCreateDevice */
    const char* const* enabled_extensions;
    const VkPhysicalDeviceFeatures2*
        enabled_features; /* the chain given to vkCreateDevice; null: none but the defaults */
    /* Called around every vkQueueSubmit and vkQueueWaitIdle on `queue`; null: Hekla is its only user. Any thread. */
    void (*lock_queue)(void* user);
    void (*unlock_queue)(void* user);
    void* user;
} hekla_vulkan_host;

#ifdef __cplusplus
}
#endif

#endif
