// SPDX-License-Identifier: MIT
// The table, and the border that no exception crosses.
#include "backend.hpp"

#include <cstdio>
#include <cstring>
#include <new>

namespace {

using namespace hekla::vulkan;

Backend* as_backend(hekla_plugin_backend* backend) { return reinterpret_cast<Backend*>(backend); }
Device* as_device(hekla_plugin_device* device) { return reinterpret_cast<Device*>(device); }
Program* as_program(hekla_plugin_program* program) { return reinterpret_cast<Program*>(program); }

hekla_plugin_result fail(hekla_plugin_error* error, hekla_plugin_result code, const char* text) {
    std::snprintf(error->text, sizeof error->text, "vulkan: %s", text);
    return code;
}

/// Runs `work`, which returns a code; what it throws becomes a code and a sentence.
template <class Work>
hekla_plugin_result guarded(hekla_plugin_error* error, Work&& work) noexcept {
    try {
        return work();
    } catch (const Failure& failure) {
        return fail(error, failure.code(), failure.what());
    } catch (const std::bad_alloc&) {
        return fail(error, HEKLA_PLUGIN_OUT_OF_MEMORY, "out of host memory");
    } catch (const std::exception& exception) {
        return fail(error, HEKLA_PLUGIN_INTERNAL, exception.what());
    } catch (...) {
        return fail(error, HEKLA_PLUGIN_INTERNAL, "unknown exception");
    }
}

/// The same on a device, with the memory of its loss.
template <class Work>
hekla_plugin_result guarded(Device& device, hekla_plugin_error* error, Work&& work) noexcept {
    if (device.is_lost())
        return fail(error, HEKLA_PLUGIN_DEVICE_LOST, "the device was lost before");
    return guarded(error, [&] {
        try {
            return work();
        } catch (const Failure& failure) {
            if (failure.code() != HEKLA_PLUGIN_DEVICE_LOST) throw;
            throw Failure(HEKLA_PLUGIN_DEVICE_LOST, device.set_lost(failure.what()));
        }
    });
}

/// Structs grow at their end: a caller compiled with an older header, who says so by `size`, gets the fields it knows.
void put_info(hekla_plugin_device_info info, hekla_plugin_device_info* out) {
    if (out->size != 0 && out->size < info.size) info.size = out->size;
    std::memcpy(out, &info, info.size);
}

hekla_plugin_result open(const hekla_plugin_host* host, hekla_plugin_backend** out,
                         hekla_plugin_error* error) {
    return guarded(error, [&] {
        *out = reinterpret_cast<hekla_plugin_backend*>(std::make_unique<Backend>(*host).release());
        return HEKLA_PLUGIN_OK;
    });
}

void close(hekla_plugin_backend* backend) { delete as_backend(backend); }

uint32_t device_count(hekla_plugin_backend* backend) { return as_backend(backend)->device_count(); }

hekla_plugin_result device_info(hekla_plugin_backend* backend, uint32_t index,
                                hekla_plugin_device_info* out, hekla_plugin_error* error) {
    return guarded(error, [&] {
        put_info(as_backend(backend)->device_info(index), out);
        return HEKLA_PLUGIN_OK;
    });
}

hekla_plugin_result device_create(hekla_plugin_backend* backend, uint32_t index,
                                  const hekla_plugin_device_request* request,
                                  hekla_plugin_device** out, hekla_plugin_error* error) {
    return guarded(error, [&] {
        const hekla_plugin_device_request wanted =
            request != nullptr ? *request : hekla_plugin_device_request{};
        *out = reinterpret_cast<hekla_plugin_device*>(
            as_backend(backend)->create_device(index, wanted).release());
        return HEKLA_PLUGIN_OK;
    });
}

void device_destroy(hekla_plugin_device* device) { delete as_device(device); }

void device_describe(hekla_plugin_device* device, hekla_plugin_device_info* out) {
    put_info(as_device(device)->describe(), out);
}

hekla_plugin_result buffer_create(hekla_plugin_device* device, uint64_t size_bytes,
                                  hekla_plugin_memory memory, hekla_plugin_buffer** out,
                                  hekla_plugin_error* error) {
    return guarded(*as_device(device), error, [&] {
        *out = reinterpret_cast<hekla_plugin_buffer*>(
            as_device(device)->create_buffer(size_bytes, memory).release());
        return HEKLA_PLUGIN_OK;
    });
}

void buffer_destroy(hekla_plugin_device*, hekla_plugin_buffer* buffer) { delete as_buffer(buffer); }

void* buffer_map(hekla_plugin_device*, hekla_plugin_buffer* buffer) {
    return as_buffer(buffer)->mapped();
}

hekla_plugin_result kernel_create(hekla_plugin_device* device, const hekla_plugin_kernel_desc* desc,
                                  hekla_plugin_kernel** out, hekla_plugin_error* error) {
    return guarded(*as_device(device), error, [&] {
        *out = reinterpret_cast<hekla_plugin_kernel*>(
            as_device(device)->create_kernel(*desc).release());
        return HEKLA_PLUGIN_OK;
    });
}

void kernel_destroy(hekla_plugin_device*, hekla_plugin_kernel* kernel) { delete as_kernel(kernel); }

hekla_plugin_result program_create(hekla_plugin_device* device,
                                   const hekla_plugin_program_desc* desc,
                                   hekla_plugin_program** out, hekla_plugin_error* error) {
    return guarded(*as_device(device), error, [&] {
        *out = reinterpret_cast<hekla_plugin_program*>(
            as_device(device)->create_program(*desc).release());
        return HEKLA_PLUGIN_OK;
    });
}

void program_destroy(hekla_plugin_device* device, hekla_plugin_program* program) {
    as_device(device)->destroy(as_program(program));
}

hekla_plugin_result submit(hekla_plugin_device* device, hekla_plugin_program* program,
                           uint32_t segment, hekla_plugin_ticket* out, hekla_plugin_error* error) {
    return guarded(*as_device(device), error, [&] {
        *out = as_device(device)->submit(*as_program(program), segment);
        return HEKLA_PLUGIN_OK;
    });
}

hekla_plugin_result copy(hekla_plugin_device* device, hekla_plugin_buffer* source,
                         uint64_t source_offset, hekla_plugin_buffer* destination,
                         uint64_t destination_offset, uint64_t size_bytes, hekla_plugin_ticket* out,
                         hekla_plugin_error* error) {
    return guarded(*as_device(device), error, [&] {
        *out = as_device(device)->copy(*as_buffer(source), source_offset, *as_buffer(destination),
                                       destination_offset, size_bytes);
        return HEKLA_PLUGIN_OK;
    });
}

hekla_plugin_result wait(hekla_plugin_device* device, hekla_plugin_ticket ticket,
                         uint64_t timeout_ns, hekla_plugin_error* error) {
    return guarded(*as_device(device), error, [&] {
        if (as_device(device)->wait(ticket, timeout_ns)) return HEKLA_PLUGIN_OK;
        return fail(error, HEKLA_PLUGIN_TIMEOUT, "the submission is still running");
    });
}

hekla_plugin_result program_times(hekla_plugin_device* device, hekla_plugin_program* program,
                                  hekla_plugin_times* out, hekla_plugin_error* error) {
    return guarded(*as_device(device), error, [&] {
        as_program(program)->times(out);
        return HEKLA_PLUGIN_OK;
    });
}

uint64_t buffer_address(hekla_plugin_device*, hekla_plugin_buffer* buffer) {
    return as_buffer(buffer)->address();
}

const hekla_plugin table = {
    /*size*/ sizeof(hekla_plugin),
    /*abi*/ HEKLA_PLUGIN_ABI,
    /*name*/ "vulkan",
    /*description*/ "Vulkan 1.1 or later, own device or one lent by the host",
    /*open*/ open,
    /*close*/ close,
    /*device_count*/ device_count,
    /*device_info*/ device_info,
    /*device_create*/ device_create,
    /*device_destroy*/ device_destroy,
    /*device_describe*/ device_describe,
    /*has_kernel*/ nullptr,
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
    /*buffer_address*/ buffer_address,
};

}  // namespace

const hekla_plugin* hekla_plugin_table(uint32_t host_abi) {
    return host_abi == HEKLA_PLUGIN_ABI ? &table : nullptr;
}
