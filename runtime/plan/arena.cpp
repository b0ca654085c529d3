// SPDX-License-Identifier: MIT
#include "plan/arena.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>

namespace hekla::plan {
namespace {

/// Places requests in the given order, each at the lowest offset free for its whole life; returns the top.
std::uint64_t place(const std::vector<ArenaRequest>& requests,
                    const std::vector<std::size_t>& order, std::vector<std::uint64_t>& offsets) {
    std::vector<std::size_t> placed;  // sorted by offset
    std::uint64_t top = 0;
    for (const std::size_t i : order) {
        const ArenaRequest& r = requests[i];
        std::uint64_t at = 0;
        for (const std::size_t j : placed) {
            const ArenaRequest& other = requests[j];
            if (other.last < r.first || r.last < other.first) continue;
            if (offsets[j] >= at + r.size_bytes) break;
            at = std::max(at, offsets[j] + other.size_bytes);
        }
        offsets[i] = at;
        top = std::max(top, at + r.size_bytes);
        placed.insert(
            std::upper_bound(placed.begin(), placed.end(), i,
                             [&](std::size_t a, std::size_t b) { return offsets[a] < offsets[b]; }),
            i);
    }
    return top;
}

}  // namespace

ArenaResult plan_arena(std::vector<ArenaRequest>& requests, std::uint64_t alignment) {
    ArenaResult result;
    std::map<std::uint32_t, std::int64_t> changes;  // of the live sum, by step
    for (ArenaRequest& r : requests) {
        r.size_bytes = (r.size_bytes + alignment - 1) / alignment * alignment;
        result.sum_bytes += r.size_bytes;
        changes[r.first] += static_cast<std::int64_t>(r.size_bytes);
        changes[r.last + 1] -= static_cast<std::int64_t>(r.size_bytes);
    }
    std::int64_t live = 0;
    for (const auto& [step, change] : changes) {
        live += change;
        result.live_bytes = std::max(result.live_bytes, static_cast<std::uint64_t>(live));
    }

    std::vector<std::size_t> by_size(requests.size()), by_time;
    std::iota(by_size.begin(), by_size.end(), std::size_t{0});
    by_time = by_size;
    std::stable_sort(by_size.begin(), by_size.end(), [&](std::size_t a, std::size_t b) {
        return requests[a].size_bytes > requests[b].size_bytes;
    });
    std::stable_sort(by_time.begin(), by_time.end(), [&](std::size_t a, std::size_t b) {
        return requests[a].first < requests[b].first;
    });
    result.total_bytes = ~std::uint64_t{0};
    for (const auto* order : {&by_size, &by_time}) {
        std::vector<std::uint64_t> offsets(requests.size());
        const std::uint64_t top = place(requests, *order, offsets);
        if (top >= result.total_bytes) continue;
        result.total_bytes = top;
        for (std::size_t i = 0; i < requests.size(); ++i) requests[i].offset_bytes = offsets[i];
    }
    return result;
}

}  // namespace hekla::plan
