// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

namespace hekla::tool {

/// Calls of operator new in this process so far, by any thread and library.
std::uint64_t allocation_count();

/// CPU time of the calling thread.
double thread_cpu_microseconds();

/// Watches this process's own memory (anonymous and shared pages; clean pages of mapped files do not count) from its making on,
/// a thousand times a second. Values are above what was there at the start.
class PeakMemory {
  public:
    PeakMemory();
    ~PeakMemory();
    PeakMemory(const PeakMemory&) = delete;
    PeakMemory& operator=(const PeakMemory&) = delete;
    std::uint64_t peak_bytes() const { return peak_.load(); }

  private:
    std::uint64_t start_ = 0;
    std::atomic<std::uint64_t> peak_{0};
    std::atomic<bool> stop_{false};
    std::thread watcher_;
};

}  // namespace hekla::tool
