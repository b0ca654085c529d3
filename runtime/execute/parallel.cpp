// SPDX-License-Identifier: MIT
#include "execute/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>
#include <vector>

namespace hekla::execute {

void in_parallel(std::size_t count, const std::function<void(std::size_t i, bool caller)>& work) {
    std::atomic<std::size_t> taken{0};
    std::vector<std::exception_ptr> failures(count);
    const auto take_all = [&](bool caller) {
        for (std::size_t i = 0; (i = taken.fetch_add(1)) < count;) {
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
        while (others.size() + 1 < std::min(cores, count)) others.emplace_back(take_all, false);
        take_all(true);
    }
    for (const std::exception_ptr& failure : failures)
        if (failure) std::rethrow_exception(failure);
}

}  // namespace hekla::execute
