// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

namespace hekla::plan {

/// A stretch of memory needed from step `first` to step `last`, both included.
struct ArenaRequest {
    std::uint64_t size_bytes = 0;
    std::uint32_t first = 0, last = 0;
    std::uint64_t offset_bytes = 0;  ///< the answer
};

struct ArenaResult {
    std::uint64_t total_bytes = 0;  ///< what the arena takes
    std::uint64_t live_bytes = 0;   ///< largest sum alive at one step: the lower bound
    std::uint64_t sum_bytes = 0;    ///< without reuse
};

/// Gives every request an offset (a multiple of `alignment`) such that no two that are alive together overlap. Greedy by size and, if
/// that is worse, by time; the better of both is kept. Sizes count rounded up to the alignment.
ArenaResult plan_arena(std::vector<ArenaRequest>& requests, std::uint64_t alignment);

}  // namespace hekla::plan
