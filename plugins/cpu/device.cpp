// SPDX-License-Identifier: MIT
#include "device.hpp"

#include "failure.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>

#if __has_include(<unistd.h>)
#include <unistd.h>
#endif
#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#endif

namespace hekla::cpu {

namespace {

/// The processor's own name, or "CPU".
std::string processor_name() {
#if defined(__x86_64__) && defined(__GNUC__)
    constexpr unsigned first_leaf = 0x80000002u;
    std::array<unsigned, 12> words{};
    if (__get_cpuid_max(0x80000000u, nullptr) >= first_leaf + 2) {
        for (unsigned leaf = 0; leaf < 3; ++leaf) {
            unsigned* part = words.data() + leaf * 4;
            __cpuid(first_leaf + leaf, part[0], part[1], part[2], part[3]);
        }
        std::string name(reinterpret_cast<const char*>(words.data()), sizeof words);
        name.resize(std::min(name.find('\0'), name.size()));
        const std::size_t first = name.find_first_not_of(' ');
        const std::size_t last = name.find_last_not_of(' ');
        if (first != std::string::npos) return name.substr(first, last - first + 1);
    }
#endif
    return "CPU";
}

/// Pages of the kind that sysconf counts, in bytes; 0 if it does not say.
std::uint64_t pages_bytes([[maybe_unused]] int kind) {
#if defined(_SC_PAGESIZE)
    const long pages = sysconf(kind);
    const long page_bytes = sysconf(_SC_PAGESIZE);
    if (pages > 0 && page_bytes > 0) {
        return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_bytes);
    }
#endif
    return 0;
}

std::uint64_t physical_bytes() {
#if defined(_SC_PHYS_PAGES)
    if (const std::uint64_t bytes = pages_bytes(_SC_PHYS_PAGES); bytes > 0) return bytes;
#endif
    return std::uint64_t{4} << 30;
}

/// What can be had without swapping; `physical` if nobody says.
std::uint64_t available_bytes(std::uint64_t physical) {
    // Free pages alone leave out the page cache, which gives way; Linux counts both here.
    std::ifstream meminfo("/proc/meminfo");
    std::string key;
    std::uint64_t kib = 0;
    while (meminfo >> key >> kib) {
        if (key == "MemAvailable:") return std::min(kib * 1024, physical);
        meminfo.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    }
#if defined(_SC_AVPHYS_PAGES)
    if (const std::uint64_t bytes = pages_bytes(_SC_AVPHYS_PAGES); bytes > 0) return bytes;
#endif
    return physical;
}

}  // namespace

hekla_plugin_device_info describe_processor() {
    hekla_plugin_device_info info{};
    info.size = sizeof info;
    info.type = HEKLA_PLUGIN_DEVICE_CPU;
    std::snprintf(info.name, sizeof info.name, "%s", processor_name().c_str());
    std::snprintf(info.driver, sizeof info.driver, "plain C++, one thread");
    info.memory_bytes = physical_bytes();
    info.memory_budget_bytes = available_bytes(info.memory_bytes);
    info.max_buffer_bytes = info.memory_bytes;
    // Offsets in parameter blocks are 32-bit counts of 4-byte elements.
    info.max_binding_bytes = std::uint64_t{1} << 34;
    info.binding_alignment = 64;
    info.params_alignment = 64;
    info.max_params_bytes = 65536;
    info.max_bindings = 64;
    // Grids are ignored: any will do.
    info.max_workgroup_invocations = 1024;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        info.max_workgroup_size[axis] = 1024;
        info.max_group_count[axis] = 0x7fffffff;
    }
    info.max_shared_bytes = 65536;
    info.kernels_by_name = 1;
    info.timestamps = 1;
    return info;
}

void give_info(const hekla_plugin_device_info& info, hekla_plugin_device_info* out) {
    const std::size_t room = out->size == 0 ? sizeof info : out->size;
    const std::size_t count = std::min(room, sizeof info);
    std::memcpy(out, &info, count);
    if (count >= sizeof out->size) out->size = static_cast<std::uint32_t>(count);
}

std::unique_ptr<hekla_plugin_buffer> create_buffer(const hekla_plugin_device& device,
                                                   std::uint64_t size_bytes,
                                                   hekla_plugin_memory memory) {
    if (size_bytes == 0) throw Failure(HEKLA_PLUGIN_INVALID_ARGUMENT, "a buffer of 0 bytes");
    if (static_cast<std::uint32_t>(memory) > HEKLA_PLUGIN_MEMORY_WEIGHTS) {
        throw Failure(
            HEKLA_PLUGIN_INVALID_ARGUMENT,
            "there is no memory of kind " + std::to_string(static_cast<std::uint32_t>(memory)));
    }
    auto buffer = std::make_unique<hekla_plugin_buffer>();
    buffer->size_bytes = size_bytes;
    buffer->memory = memory;
    if (size_bytes <= device.info.max_buffer_bytes &&
        size_bytes <= std::numeric_limits<std::size_t>::max()) {
        buffer->bytes.reset(
            static_cast<std::byte*>(std::calloc(1, static_cast<std::size_t>(size_bytes))));
    }
    if (buffer->bytes == nullptr) {
        throw Failure(HEKLA_PLUGIN_OUT_OF_MEMORY,
                      "no memory for a buffer of " + std::to_string(size_bytes) +
                          " bytes; the machine has " + std::to_string(device.info.memory_bytes));
    }
    return buffer;
}

std::unique_ptr<hekla_plugin_kernel> create_kernel(const hekla_plugin_kernel_desc& desc) {
    const char* op = desc.op != nullptr ? desc.op : "";
    const Kernel* found = find_kernel(op);
    if (found == nullptr) {
        throw Failure(HEKLA_PLUGIN_UNSUPPORTED, "no kernel for the op '" + std::string(op) + "'");
    }
    const BlockLayout layout = layout_of(*found);
    if (desc.binding_count != layout.tensors.size()) {
        throw Failure(HEKLA_PLUGIN_INVALID_ARGUMENT,
                      std::string(op) + " binds " + std::to_string(layout.tensors.size()) +
                          " tensors, not " + std::to_string(desc.binding_count));
    }
    return std::make_unique<hekla_plugin_kernel>(
        found, desc.binding_count, static_cast<std::uint32_t>(layout.words.size() * 4));
}

Range range_of(const hekla_plugin_buffer* buffer, std::uint64_t offset_bytes,
               std::uint64_t size_bytes, std::uint32_t alignment, const char* what) {
    const auto refuse = [&](const std::string& why) -> Failure {
        return {HEKLA_PLUGIN_INVALID_ARGUMENT, std::string(what) + ": " + why};
    };
    if (buffer == nullptr) throw refuse("no buffer");
    if (offset_bytes % alignment != 0) {
        throw refuse("offset " + std::to_string(offset_bytes) + " is not a multiple of " +
                     std::to_string(alignment));
    }
    if (size_bytes == 0) throw refuse("0 bytes");
    if (offset_bytes > buffer->size_bytes || size_bytes > buffer->size_bytes - offset_bytes) {
        throw refuse(std::to_string(size_bytes) + " bytes at " + std::to_string(offset_bytes) +
                     " of a buffer of " + std::to_string(buffer->size_bytes));
    }
    return {buffer->bytes.get() + offset_bytes, size_bytes};
}

}  // namespace hekla::cpu
