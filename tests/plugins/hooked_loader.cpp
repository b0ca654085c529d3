// SPDX-License-Identifier: MIT
// Takes the place of plugins/vulkan/loader.cpp in tests: the plugin's own-device path then goes through the hooks too.
#include "loader.hpp"

#include "vk_hooks.hpp"

namespace hekla::vulkan {

Loader::Loader() : entry_(testing::VkHooks::get_instance_proc_addr()) {}
Loader::~Loader() = default;

}  // namespace hekla::vulkan
