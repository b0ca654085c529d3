// SPDX-License-Identifier: MIT
#include "execute/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>
#include <vector>

namespace hekla::execute {

void in_parallel(std::size_t count, const std::function<void(std::size_t i, bool caller)>& work) {
    if (count == 0) return;
    std::atomic<std::size_t> taken{1};
    std::vector<std::exception_ptr> failures(count);
    const auto take_all = [&](std::size_t i, bool caller) {
        for (; i < count; i = taken.fetch_add(1)) {
            try {
                work(i, caller);
            } catch (...) {
                failures[i] = std::current_exception();
                taken = count;
            }
        }
    };
    {
        std::vector<std::jthread> others;
        const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
        while (others.size() + 1 < std::min(cores, count))
            others.emplace_back([&] { take_all(taken.fetch_add(1), false); });
        take_all(0, true);
    }
    for (const std::exception_ptr& failure : failures)
        if (failure) std::rethrow_exception(failure);
}

}  // namespace hekla::execute
