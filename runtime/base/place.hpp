// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace hekla {

/// A stretch of a text file. Lines and columns count from 1; columns and length count code points.
/// A stretch over several lines counts each line end as one. line 0: no place.
struct Place {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::uint32_t length = 0;

    bool operator==(const Place&) const = default;
    explicit operator bool() const { return line != 0; }
};

}  // namespace hekla
