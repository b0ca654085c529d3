// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace hekla::graph {

/// A stretch of the graph file's text. Lines and columns count from 1; columns and length count code points.
/// line 0: no place.
struct Place {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::uint32_t length = 0;

    bool operator==(const Place&) const = default;
};

}  // namespace hekla::graph
