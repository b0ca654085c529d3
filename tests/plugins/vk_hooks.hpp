// SPDX-License-Identifier: MIT
#pragma once

#include <vulkan/vulkan_core.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hekla::testing {

/// A vkGetInstanceProcAddr that stands between the Vulkan plugin and the loader. It hands out only functions the plugin's own
/// table lists, wrapped: each call is counted, can be made to fail, and creations are held against destructions. What is asked for
/// beyond that list is refused and remembered. One set of hooks per process; used from one thread at a time except for counting.
class VkHooks {
  public:
    /// Opens the system's loader, forgets all counts and lets every call through.
    static void reset();
    static PFN_vkGetInstanceProcAddr get_instance_proc_addr();
    /// The loader's own, for what the test does itself.
    static PFN_vkGetInstanceProcAddr real();

    /// Call number `index` (from 0) of those that return VkResult answers `code` without being made. `sticky`: and all that follow;
    /// waiting is then done all the same, so that nothing is destroyed under a running device.
    static void fail_at(uint64_t index, VkResult code, bool sticky);
    /// vkMapMemory succeeds with the address -1, as seen on a driver whose mmap had failed.
    static void map_at_minus_one(bool on);

    static uint64_t fallible_calls();
    /// Name of the call that was made to fail; empty if none was.
    static std::string failed_call();
    static uint64_t calls(const std::string& name);
    /// Creations less destructions, by kind, those that are not 0.
    static std::map<std::string, int64_t> live();
    /// Functions asked for that the plugin's table does not list.
    static std::vector<std::string> unlisted();
    /// The data given to vkCreatePipelineCache, one entry per call.
    static std::vector<std::vector<uint8_t>> cache_blobs();
};

}  // namespace hekla::testing
