// SPDX-License-Identifier: MIT
#pragma once

#include "kernel.hpp"
#include "memory.hpp"

#include <hekla/hekla_plugin.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>

struct hekla_plugin_backend {};

/// Work runs inside submit and copy, on the caller's thread, one piece at a time.
struct hekla_plugin_device {
    hekla_plugin_device_info info;
    std::mutex mutex;  ///< guards what follows
    hekla_plugin_ticket last_ticket = 0;
    hekla::cpu::Scratch scratch;
};

struct hekla_plugin_buffer {
    struct Free {
        void operator()(std::byte* bytes) const noexcept { std::free(bytes); }
    };
    std::unique_ptr<std::byte, Free> bytes;
    std::uint64_t size_bytes;
    hekla_plugin_memory memory;
};

struct hekla_plugin_kernel {
    const hekla::cpu::Kernel* kernel;
    std::uint32_t binding_count;
    std::uint32_t params_bytes;  ///< of the words it reads
};

namespace hekla::cpu {

/// This machine's processor, as a device.
hekla_plugin_device_info describe_processor();

/// Copies what both sides of the table know of the struct: at most out->size bytes, all if that is 0.
void give_info(const hekla_plugin_device_info& info, hekla_plugin_device_info* out);

/// Zeroed memory. Throws Failure.
std::unique_ptr<hekla_plugin_buffer> create_buffer(const hekla_plugin_device& device,
                                                   std::uint64_t size_bytes,
                                                   hekla_plugin_memory memory);

/// Throws Failure(UNSUPPORTED) for an op without kernel.
std::unique_ptr<hekla_plugin_kernel> create_kernel(const hekla_plugin_kernel_desc& desc);

/// size_bytes at offset_bytes of a buffer. `what` stands in the message of the Failure(INVALID_ARGUMENT) thrown when that is no
/// part of it.
Range range_of(const hekla_plugin_buffer* buffer, std::uint64_t offset_bytes,
               std::uint64_t size_bytes, std::uint32_t alignment, const char* what);

}  // namespace hekla::cpu
