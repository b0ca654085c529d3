// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace hekla::vulkan {

/// Takes and gives back ranges of one block, integers only. First fit; neighbours free again are joined.
class Ranges {
  public:
    explicit Ranges(uint64_t size);

    /// Start of a free range of `size` > 0 at a multiple of `alignment`, or nothing.
    std::optional<uint64_t> take(uint64_t size, uint64_t alignment);
    /// A range as take() gave it.
    void give_back(uint64_t offset, uint64_t size);
    bool all_free() const { return free_.size() == 1 && free_.front().size == size_; }

  private:
    struct Range {
        uint64_t offset, size;
    };

    uint64_t size_;
    std::vector<Range> free_;  // by offset, never empty ones, never touching each other
};

}  // namespace hekla::vulkan
