// SPDX-License-Identifier: MIT
#include "tool/process_cost.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <new>

namespace {

std::atomic<std::uint64_t> allocations{0};

[[maybe_unused]] void* counted(std::size_t size, std::size_t alignment) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    if (size == 0) size = 1;
    void* memory =
        alignment <= alignof(std::max_align_t)
            ? std::malloc(size)
            : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (!memory) throw std::bad_alloc();
    return memory;
}

/// RssAnon and RssShmem of /proc/self/status, in bytes.
std::uint64_t own_memory() {
    std::FILE* file = std::fopen("/proc/self/status", "r");
    if (!file) return 0;
    std::uint64_t sum = 0;
    char line[256];
    while (std::fgets(line, sizeof line, file)) {
        unsigned long long kib = 0;
        if (std::sscanf(line, "RssAnon: %llu kB", &kib) == 1 ||
            std::sscanf(line, "RssShmem: %llu kB", &kib) == 1)
            sum += kib * 1024;
    }
    std::fclose(file);
    return sum;
}

}  // namespace

#if !defined(__SANITIZE_ADDRESS__)  // which brings its own, and compares how memory was taken and given back
// The whole program's operator new, libraries included, so that `hekla bench` can tell whether a replayed run allocates.
void* operator new(std::size_t size) { return counted(size, 0); }
void* operator new[](std::size_t size) { return counted(size, 0); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    return counted(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
    return counted(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
#endif

namespace hekla::tool {

std::uint64_t allocation_count() { return allocations.load(std::memory_order_relaxed); }

double thread_cpu_microseconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) * 1e-3;
}

PeakMemory::PeakMemory()
    : start_(own_memory()), watcher_([this] {
          while (!stop_.load()) {
              const std::uint64_t now = own_memory();
              if (now > start_) peak_.store(std::max(peak_.load(), now - start_));
              std::this_thread::sleep_for(std::chrono::milliseconds(1));
          }
      }) {}

PeakMemory::~PeakMemory() {
    stop_.store(true);
    watcher_.join();
}

}  // namespace hekla::tool
