// SPDX-License-Identifier: MIT
#include "ranges.hpp"

#include <algorithm>

namespace hekla::vulkan {

// A block cut in n pieces has at most n + 1 free ranges, and giving back must not fail: room for the common case is made here.
Ranges::Ranges(uint64_t size) : size_(size) {
    free_.reserve(64);
    free_.push_back({0, size});
}

std::optional<uint64_t> Ranges::take(uint64_t size, uint64_t alignment) {
    for (size_t i = 0; i < free_.size(); ++i) {
        const Range range = free_[i];
        const uint64_t start = (range.offset + alignment - 1) / alignment * alignment;
        const uint64_t lead = start - range.offset;
        if (lead > range.size || range.size - lead < size) continue;
        const Range tail{start + size, range.size - lead - size};
        if (lead > 0 && tail.size > 0) {
            free_.insert(free_.begin() + static_cast<ptrdiff_t>(i) + 1, tail);
            free_[i].size = lead;
        } else if (lead > 0) {
            free_[i].size = lead;
        } else if (tail.size > 0) {
            free_[i] = tail;
        } else {
            free_.erase(free_.begin() + static_cast<ptrdiff_t>(i));
        }
        return start;
    }
    return std::nullopt;
}

void Ranges::give_back(uint64_t offset, uint64_t size) {
    auto next = std::find_if(free_.begin(), free_.end(),
                             [&](const Range& range) { return range.offset > offset; });
    const bool joins_next = next != free_.end() && offset + size == next->offset;
    if (next != free_.begin()) {
        auto before = next - 1;
        if (before->offset + before->size == offset) {
            before->size += size;
            if (joins_next) {
                before->size += next->size;
                free_.erase(next);
            }
            return;
        }
    }
    if (joins_next) {
        next->offset = offset;
        next->size += size;
    } else {
        free_.insert(next, {offset, size});
    }
}

}  // namespace hekla::vulkan
