// SPDX-License-Identifier: MIT
// The table of the backend "cpu": this machine's processor, every op as a plain C++ kernel found by name. It is the oracle that
// other backends are compared with, and what runs where there is no GPU.
#include "device.hpp"
#include "failure.hpp"
#include "program.hpp"

#include <hekla/hekla_plugin.h>

#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <string>

namespace hekla::cpu {

namespace {

/// Where exceptions end: work() becomes a result and a sentence.
template <class Work>
hekla_plugin_result guarded(hekla_plugin_error* error, Work work) noexcept {
    const auto report = [error](hekla_plugin_result code, const char* text) {
        std::snprintf(error->text, sizeof error->text, "cpu: %s", text);
        return code;
    };
    try {
        work();
        return HEKLA_PLUGIN_OK;
    } catch (const Failure& failure) {
        return report(failure.code(), failure.what());
    } catch (const std::bad_alloc&) {
        return report(HEKLA_PLUGIN_OUT_OF_MEMORY, "out of memory");
    } catch (const std::exception& other) {
        return report(HEKLA_PLUGIN_INTERNAL, other.what());
    } catch (...) {
        return report(HEKLA_PLUGIN_INTERNAL, "an exception of unknown type");
    }
}

void expect_first(std::uint32_t index) {
    if (index != 0) throw Failure(HEKLA_PLUGIN_NOT_FOUND, "there is one device, number 0");
}

hekla_plugin_result open(const hekla_plugin_host* host, hekla_plugin_backend** out,
                         hekla_plugin_error* error) {
    return guarded(error, [&] {
        if (host->lent_device != nullptr) {
            throw Failure(HEKLA_PLUGIN_UNSUPPORTED, "this backend cannot borrow a device");
        }
        *out = new hekla_plugin_backend;
    });
}

void close(hekla_plugin_backend* backend) { delete backend; }

uint32_t device_count(hekla_plugin_backend*) { return 1; }

hekla_plugin_result device_info(hekla_plugin_backend*, uint32_t index,
                                hekla_plugin_device_info* out, hekla_plugin_error* error) {
    return guarded(error, [&] {
        expect_first(index);
        give_info(describe_processor(), out);
    });
}

// The request asks to forget capabilities; there are none.
hekla_plugin_result device_create(hekla_plugin_backend*, uint32_t index,
                                  const hekla_plugin_device_request*, hekla_plugin_device** out,
                                  hekla_plugin_error* error) {
    return guarded(error, [&] {
        expect_first(index);
        auto device = std::make_unique<hekla_plugin_device>();
        device->info = describe_processor();
        *out = device.release();
    });
}

void device_destroy(hekla_plugin_device* device) { delete device; }

void device_describe(hekla_plugin_device* device, hekla_plugin_device_info* out) {
    give_info(device->info, out);
}

uint32_t has_kernel(hekla_plugin_device*, const char* op) {
    return op != nullptr && find_kernel(op) != nullptr ? 1 : 0;
}

hekla_plugin_result buffer_create(hekla_plugin_device* device, uint64_t size_bytes,
                                  hekla_plugin_memory memory, hekla_plugin_buffer** out,
                                  hekla_plugin_error* error) {
    return guarded(error, [&] { *out = create_buffer(*device, size_bytes, memory).release(); });
}

void buffer_destroy(hekla_plugin_device*, hekla_plugin_buffer* buffer) { delete buffer; }

void* buffer_map(hekla_plugin_device*, hekla_plugin_buffer* buffer) {
    return buffer->memory == HEKLA_PLUGIN_MEMORY_DEVICE ? nullptr : buffer->bytes.get();
}

hekla_plugin_result kernel_create(hekla_plugin_device*, const hekla_plugin_kernel_desc* desc,
                                  hekla_plugin_kernel** out, hekla_plugin_error* error) {
    return guarded(error, [&] { *out = create_kernel(*desc).release(); });
}

void kernel_destroy(hekla_plugin_device*, hekla_plugin_kernel* kernel) { delete kernel; }

hekla_plugin_result program_create(hekla_plugin_device* device,
                                   const hekla_plugin_program_desc* desc,
                                   hekla_plugin_program** out, hekla_plugin_error* error) {
    return guarded(error, [&] { *out = create_program(*device, *desc).release(); });
}

void program_destroy(hekla_plugin_device*, hekla_plugin_program* program) { delete program; }

hekla_plugin_result submit(hekla_plugin_device* device, hekla_plugin_program* program,
                           uint32_t segment, hekla_plugin_ticket* out, hekla_plugin_error* error) {
    return guarded(error, [&] {
        const std::uint32_t last = program->steps.empty() ? 0 : program->steps.back().segment;
        if (segment > last) {
            throw Failure(HEKLA_PLUGIN_INVALID_ARGUMENT,
                          "the program has no segment " + std::to_string(segment));
        }
        const std::scoped_lock lock(device->mutex);
        run_segment(*device, *program, segment);
        *out = ++device->last_ticket;
    });
}

hekla_plugin_result copy(hekla_plugin_device* device, hekla_plugin_buffer* source,
                         uint64_t source_offset, hekla_plugin_buffer* destination,
                         uint64_t destination_offset, uint64_t size_bytes, hekla_plugin_ticket* out,
                         hekla_plugin_error* error) {
    return guarded(error, [&] {
        const Range from = range_of(source, source_offset, size_bytes, 4, "source of a copy");
        const Range to =
            range_of(destination, destination_offset, size_bytes, 4, "destination of a copy");
        if (size_bytes % 4 != 0) {
            throw Failure(HEKLA_PLUGIN_INVALID_ARGUMENT,
                          "copy of " + std::to_string(size_bytes) + " bytes, not a multiple of 4");
        }
        const std::scoped_lock lock(device->mutex);
        std::memmove(to.data, from.data, static_cast<std::size_t>(size_bytes));
        *out = ++device->last_ticket;
    });
}

// Everything was done when its ticket was given out.
hekla_plugin_result wait(hekla_plugin_device* device, hekla_plugin_ticket ticket, uint64_t,
                         hekla_plugin_error* error) {
    return guarded(error, [&] {
        const std::scoped_lock lock(device->mutex);
        if (ticket > device->last_ticket) {
            throw Failure(HEKLA_PLUGIN_INVALID_ARGUMENT, "nothing was submitted with this ticket");
        }
    });
}

hekla_plugin_result program_times(hekla_plugin_device*, hekla_plugin_program* program,
                                  hekla_plugin_times* out, hekla_plugin_error* error) {
    return guarded(error, [&] {
        if (program->times.empty() && !program->steps.empty()) {
            throw Failure(HEKLA_PLUGIN_INVALID_ARGUMENT, "the program is not timed");
        }
        std::ranges::copy(program->times, out);
    });
}

const hekla_plugin table = {
    /*size*/ sizeof(hekla_plugin),
    /*abi*/ HEKLA_PLUGIN_ABI,
    /*name*/ "cpu",
    /*description*/ "plain C++ kernels on this machine's processor; the oracle of the tests",
    /*open*/ open,
    /*close*/ close,
    /*device_count*/ device_count,
    /*device_info*/ device_info,
    /*device_create*/ device_create,
    /*device_destroy*/ device_destroy,
    /*device_describe*/ device_describe,
    /*has_kernel*/ has_kernel,
    /*buffer_create*/ buffer_create,
    /*buffer_destroy*/ buffer_destroy,
    /*buffer_map*/ buffer_map,
    /*kernel_create*/ kernel_create,
    /*kernel_destroy*/ kernel_destroy,
    /*program_create*/ program_create,
    /*program_destroy*/ program_destroy,
    /*submit*/ submit,
    /*copy*/ copy,
    /*wait*/ wait,
    /*program_times*/ program_times,
    /*buffer_address*/ nullptr,
};

}  // namespace

}  // namespace hekla::cpu

const hekla_plugin* hekla_plugin_table(uint32_t host_abi) {
    return host_abi == HEKLA_PLUGIN_ABI ? &hekla::cpu::table : nullptr;
}
