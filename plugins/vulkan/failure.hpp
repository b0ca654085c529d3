// SPDX-License-Identifier: MIT
#pragma once

#include <hekla/hekla_plugin.h>
#include <vulkan/vulkan_core.h>

#include <exception>
#include <string>

namespace hekla::vulkan {

/// The one exception of this plugin: a code of the table and a sentence. Caught in plugin.cpp, nowhere else.
class Failure : public std::exception {
  public:
    Failure(hekla_plugin_result code, std::string text) : code_(code), text_(std::move(text)) {}

    hekla_plugin_result code() const { return code_; }
    const char* what() const noexcept override { return text_.c_str(); }

  private:
    hekla_plugin_result code_;
    std::string text_;
};

/// printf into a std::string.
[[gnu::format(printf, 1, 2)]] std::string format(const char* pattern, ...);

/// "VK_ERROR_DEVICE_LOST" and the like; "VkResult -77" for numbers unknown here.
std::string vk_result_name(VkResult result);

/// The table's code for an error of Vulkan.
hekla_plugin_result plugin_result(VkResult result);

/// What a fallible Vulkan call answered. Has to be looked at: either require() it or ask for the code.
class [[nodiscard]] Outcome {
  public:
    Outcome(VkResult result, const char* call) : result_(result), call_(call) {}

    VkResult code() const { return result_; }
    bool ok() const { return result_ == VK_SUCCESS; }
    /// Throws Failure unless VK_SUCCESS. `task` completes "... while <task>".
    void require(const char* task) const {
        if (result_ != VK_SUCCESS) fail(task);
    }
    /// The Failure's text.
    std::string text(const char* task) const;
    /// For results that change nothing, e.g. while destroying: says so where it is called.
    void ignore() const {}

  private:
    [[noreturn]] void fail(const char* task) const;

    VkResult result_;
    const char* call_;
};

}  // namespace hekla::vulkan
