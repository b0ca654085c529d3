// SPDX-License-Identifier: MIT
#pragma once

#include <hekla/hekla_plugin.h>

#include <exception>
#include <string>
#include <utility>

namespace hekla::cpu {

/// What goes wrong inside the plugin. Thrown anywhere in it, turned into a result and a sentence at the table (plugin.cpp).
class Failure : public std::exception {
  public:
    Failure(hekla_plugin_result code, std::string text) : code_(code), text_(std::move(text)) {}

    hekla_plugin_result code() const noexcept { return code_; }
    const char* what() const noexcept override { return text_.c_str(); }

  private:
    hekla_plugin_result code_;
    std::string text_;
};

}  // namespace hekla::cpu
