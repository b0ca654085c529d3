// SPDX-License-Identifier: MIT
#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>

/// What was thrown, for comparing.
struct Thrown {
    hekla::ErrorCode code{};
    std::string text = "(nothing was thrown)";

    bool has(std::string_view part) const { return text.find(part) != text.npos; }
};

template <typename Action>
Thrown error_of(Action&& action) {
    try {
        action();
    } catch (const hekla::Error& error) {
        return {error.code(), error.what()};
    }
    return {};
}
