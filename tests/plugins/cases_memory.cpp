// SPDX-License-Identifier: MIT
#include "cases.hpp"

#include <algorithm>
#include <array>

namespace hekla::testing {
namespace {

// Odd, prime, around words, around pages, around blocks of an allocator.
constexpr uint64_t sizes[] = {1,   2,   3,    4,    5,     13,      255,
                              256, 257, 1009, 4093, 65537, 1048573, 1048583};

std::vector<std::byte> pattern(uint64_t size, uint32_t seed) {
    std::vector<std::byte> bytes(size);
    uint32_t state = seed * 2654435761u + 1;
    for (std::byte& byte : bytes) {
        state = state * 1664525u + 1013904223u;
        byte = static_cast<std::byte>(state >> 24);
    }
    return bytes;
}

bool all_zero(const std::vector<std::byte>& bytes) {
    return std::all_of(bytes.begin(), bytes.end(),
                       [](std::byte byte) { return byte == std::byte{0}; });
}

void info_is_sane(Bench& bench) {
    hekla_plugin_device_info listed{};
    listed.size = sizeof listed;
    hekla_plugin_error error{};
    expect(bench.target().index < bench.table().device_count(bench.backend()),
           "device_count is too small");
    expect_code(bench.table().device_info(bench.backend(), bench.target().index, &listed, &error),
                HEKLA_PLUGIN_OK, error, "device_info");
    for (const hekla_plugin_device_info& info : {listed, bench.info()}) {
        const auto power_of_two = [](uint32_t value) {
            return value > 0 && (value & (value - 1)) == 0;
        };
        expect(info.size == sizeof info, "info.size");
        expect(info.name[0] != '\0' && std::memchr(info.name, 0, sizeof info.name) != nullptr,
               "name");
        expect(std::memchr(info.driver, 0, sizeof info.driver) != nullptr, "driver has no end");
        expect(info.type <= HEKLA_PLUGIN_DEVICE_CPU, "type");
        expect(info.memory_bytes > 0 && info.memory_budget_bytes <= info.memory_bytes, "memory");
        expect(info.max_buffer_bytes > 0 && info.max_binding_bytes > 0, "largest buffer");
        expect(info.max_binding_bytes <= info.max_buffer_bytes, "a binding larger than a buffer");
        expect(power_of_two(info.binding_alignment), "binding_alignment");
        expect(power_of_two(info.params_alignment), "params_alignment");
        expect(info.max_params_bytes >= 16384, "max_params_bytes");
        expect(info.max_bindings >= 4, "max_bindings");
        expect(info.max_workgroup_invocations >= 128, "max_workgroup_invocations");
        for (int axis = 0; axis < 3; ++axis) {
            expect(info.max_workgroup_size[axis] >= 64, "max_workgroup_size");
            expect(info.max_group_count[axis] >= 65535, "max_group_count");
        }
        expect(info.max_shared_bytes >= 16384, "max_shared_bytes");
    }
    expect(std::string(listed.name) == bench.info().name,
           "device_info and device_describe name two devices");
}

void requests_are_heard(Bench& bench) {
    hekla_plugin_error error{};
    const auto capabilities = [&](uint32_t baseline, uint64_t forget) {
        hekla_plugin_device_request request{};
        request.size = sizeof request;
        request.baseline = baseline;
        request.forget = forget;
        hekla_plugin_device* device = nullptr;
        expect_code(bench.table().device_create(bench.backend(), bench.target().index, &request,
                                                &device, &error),
                    HEKLA_PLUGIN_OK, error, "device_create");
        hekla_plugin_device_info info{};
        info.size = sizeof info;
        bench.table().device_describe(device, &info);
        bench.table().device_destroy(device);
        return info.capabilities;
    };
    expect(capabilities(1, 0) == 0, "a baseline device has capabilities");
    const uint64_t all = capabilities(0, 0);
    for (int bit = 0; bit < 9; ++bit) {
        expect((capabilities(0, 1ull << bit) & ~(all & ~(1ull << bit))) == 0, "forgetting one bit");
    }
    hekla_plugin_device* device = nullptr;
    hekla_plugin_device_request request{};
    request.size = sizeof request;
    const uint32_t beyond = bench.table().device_count(bench.backend());
    expect_code(bench.table().device_create(bench.backend(), beyond, &request, &device, &error),
                HEKLA_PLUGIN_NOT_FOUND, error, "device_create beyond the last");
    hekla_plugin_device_info info{};
    expect_code(bench.table().device_info(bench.backend(), beyond, &info, &error),
                HEKLA_PLUGIN_NOT_FOUND, error, "device_info beyond the last");
}

void another_abi_is_refused(Bench& bench) {
    expect(bench.entry()(HEKLA_PLUGIN_ABI + 1) == nullptr,
           "a table for an ABI that does not exist yet");
    expect(bench.entry()(0) == nullptr, "a table for ABI 0");
    expect(bench.table().abi == HEKLA_PLUGIN_ABI && bench.table().size == sizeof(hekla_plugin),
           "abi or size");
    expect(bench.table().name == bench.target().plugin, "the plugin's name is not the file's");
}

void buffers_map_by_kind(Bench& bench) {
    for (const uint64_t size : sizes) {
        const BufferPtr device = bench.buffer(size, HEKLA_PLUGIN_MEMORY_DEVICE);
        expect(bench.table().buffer_map(bench.device(), device.get()) == nullptr,
               "a DEVICE buffer is mapped");
        for (const auto kind : {HEKLA_PLUGIN_MEMORY_UPLOAD, HEKLA_PLUGIN_MEMORY_DOWNLOAD,
                                HEKLA_PLUGIN_MEMORY_PARAMS}) {
            const BufferPtr buffer = bench.buffer(size, kind);
            auto* mapped =
                static_cast<std::byte*>(bench.table().buffer_map(bench.device(), buffer.get()));
            expect(mapped != nullptr, "a host-visible buffer is not mapped");
            std::memset(mapped, 0x5a, size);
            expect(mapped[size - 1] == std::byte{0x5a}, "mapped memory does not keep a byte");
        }
    }
}

/// What is written to mapped weights is what copies find.
void mapped_weights_are_the_devices(Bench& bench) {
    for (const uint64_t size : sizes) {
        const uint64_t words = size / 4 * 4;
        const BufferPtr weights = bench.buffer(size, HEKLA_PLUGIN_MEMORY_WEIGHTS);
        void* const mapped = bench.table().buffer_map(bench.device(), weights.get());
        if (mapped == nullptr || words == 0) continue;
        const auto bytes = pattern(words, 5);
        std::memcpy(mapped, bytes.data(), words);
        expect(bench.read(weights.get(), words) == bytes, "mapped weights are not the device's");
    }
}

void device_buffers_have_addresses(Bench& bench) {
    if ((bench.info().capabilities & HEKLA_PLUGIN_CAP_BUFFER_ADDRESS) == 0) return;
    expect(bench.table().buffer_address != nullptr, "buffer_address without its function");
    std::vector<BufferPtr> buffers;
    for (const uint64_t size : sizes) {
        buffers.push_back(bench.buffer(size, buffers.size() % 2 == 0 ? HEKLA_PLUGIN_MEMORY_DEVICE
                                                                     : HEKLA_PLUGIN_MEMORY_WEIGHTS));
        const uint64_t first = bench.table().buffer_address(bench.device(), buffers.back().get());
        expect(first != 0 && first % 16 == 0, "a buffer for kernels has no address fit for vectors");
        expect(bench.table().buffer_address(bench.device(), buffers.back().get()) == first,
               "an address changes");
        for (const BufferPtr& other : buffers) {
            const uint64_t at = bench.table().buffer_address(bench.device(), other.get());
            expect(at == first || at + HEKLA_PLUGIN_ADDRESS_SLACK_BYTES <= first ||
                       first + size + HEKLA_PLUGIN_ADDRESS_SLACK_BYTES <= at,
                   "two buffers lie closer than the slack that kernels may read");
        }
        const BufferPtr mapped = bench.buffer(size, HEKLA_PLUGIN_MEMORY_UPLOAD);
        expect(bench.table().buffer_address(bench.device(), mapped.get()) == 0,
               "an UPLOAD buffer has an address");
    }
}

void device_buffers_start_zeroed(Bench& bench) {
    for (const uint64_t size : sizes) {
        for (int round = 0; round < 2; ++round) {
            const BufferPtr buffer = bench.buffer(size, HEKLA_PLUGIN_MEMORY_DEVICE);
            const uint64_t words = size / 4 * 4;
            if (words == 0) continue;
            expect(all_zero(bench.read(buffer.get(), words)),
                   "a new buffer of " + std::to_string(size) + " bytes is not zero, round " +
                       std::to_string(round));
            // Leave dirt where the next buffer of this size will probably lie.
            const BufferPtr dirt = bench.device_buffer(pattern(words, 7));
            bench.wait(bench.copy(dirt.get(), 0, buffer.get(), 0, words));
        }
    }
}

void copies_round_trip(Bench& bench) {
    for (const uint64_t size : sizes) {
        const auto bytes = pattern(size, static_cast<uint32_t>(size));
        const BufferPtr buffer = bench.device_buffer(bytes);
        expect(bench.read(buffer.get(), size) == bytes,
               "round trip of " + std::to_string(size) + " bytes");
    }
}

void copies_move_ranges(Bench& bench) {
    constexpr uint64_t size = 4 * 1009;
    const auto bytes = pattern(size, 3);
    const BufferPtr source = bench.device_buffer(bytes);
    for (const auto& [from, to, count] :
         {std::array<uint64_t, 3>{0, 4, 4}, {4, 0, 4000}, {2000, 36, 2036}, {4032, 4032, 4}}) {
        const BufferPtr target = bench.buffer(size, HEKLA_PLUGIN_MEMORY_DEVICE);
        bench.wait(bench.copy(source.get(), from, target.get(), to, count));
        std::vector<std::byte> wanted(size);
        std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(from), count,
                    wanted.begin() + static_cast<ptrdiff_t>(to));
        expect(bench.read(target.get(), size) == wanted, "a copy of " + std::to_string(count) +
                                                             " bytes from " + std::to_string(from) +
                                                             " to " + std::to_string(to));
    }
}

void many_small_buffers(Bench& bench) {
    // More than the 4096 allocations that many drivers allow at once.
    std::vector<BufferPtr> buffers;
    for (uint32_t i = 0; i < 5003; ++i)
        buffers.push_back(bench.buffer(64 + i % 97, HEKLA_PLUGIN_MEMORY_PARAMS));
    for (uint32_t i = 0; i < buffers.size(); ++i) {
        std::memset(bench.table().buffer_map(bench.device(), buffers[i].get()),
                    static_cast<int>(i % 251), 64 + i % 97);
    }
    for (uint32_t i = 0; i < buffers.size(); ++i) {
        const auto* mapped = static_cast<const unsigned char*>(
            bench.table().buffer_map(bench.device(), buffers[i].get()));
        for (uint32_t k = 0; k < 64 + i % 97; ++k)
            expect(mapped[k] == i % 251, "two buffers share bytes");
    }
    // Free every other one and take the room again.
    for (uint32_t i = 0; i < buffers.size(); i += 2) buffers[i].reset();
    for (uint32_t i = 0; i < buffers.size(); i += 2)
        buffers[i] = bench.buffer(33, HEKLA_PLUGIN_MEMORY_PARAMS);
}

void too_large_is_out_of_memory(Bench& bench) {
    hekla_plugin_error error{};
    for (const auto kind : {HEKLA_PLUGIN_MEMORY_DEVICE, HEKLA_PLUGIN_MEMORY_UPLOAD,
                            HEKLA_PLUGIN_MEMORY_DOWNLOAD, HEKLA_PLUGIN_MEMORY_PARAMS,
                            HEKLA_PLUGIN_MEMORY_WEIGHTS}) {
        for (const uint64_t size :
             {bench.info().max_buffer_bytes + 1, uint64_t{1} << 50, UINT64_MAX - 2, UINT64_MAX}) {
            error.text[0] = '\0';
            expect_code(bench.try_buffer(size, kind, error), HEKLA_PLUGIN_OUT_OF_MEMORY, error,
                        "a buffer of " + std::to_string(size) + " bytes");
        }
        error.text[0] = '\0';
        expect_code(bench.try_buffer(0, kind, error), HEKLA_PLUGIN_INVALID_ARGUMENT, error,
                    "a buffer of 0 bytes");
    }
    expect_code(bench.try_buffer(64, HEKLA_PLUGIN_MEMORY_DEVICE, error), HEKLA_PLUGIN_OK, error,
                "a small buffer after refusals");
}

}  // namespace

std::vector<Case> memory_cases() {
    return {
        {"info_is_sane", needs_nothing, info_is_sane},
        {"requests_are_heard", needs_nothing, requests_are_heard},
        {"another_abi_is_refused", needs_nothing, another_abi_is_refused},
        {"buffers_map_by_kind", needs_nothing, buffers_map_by_kind},
        {"device_buffers_have_addresses", needs_nothing, device_buffers_have_addresses},
        {"device_buffers_start_zeroed", needs_data, device_buffers_start_zeroed},
        {"mapped_weights_are_the_devices", needs_data, mapped_weights_are_the_devices},
        {"copies_round_trip", needs_data, copies_round_trip},
        {"copies_move_ranges", needs_data, copies_move_ranges},
        {"many_small_buffers", needs_nothing, many_small_buffers},
        {"too_large_is_out_of_memory", needs_nothing, too_large_is_out_of_memory},
    };
}

}  // namespace hekla::testing
