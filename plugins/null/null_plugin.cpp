// SPDX-License-Identifier: MIT
// The skeleton to copy for a new backend. It fills the whole table, keeps real memory, and runs nothing: submissions are done
// at once and leave every buffer as it was. That also makes it the yardstick for what the core itself costs per run.
//
// To write a backend:
//   1. copy this folder to plugins/<name>, rename the file, the target and the two strings in `table` below;
//   2. give the five structs what your API needs, and fill the functions in the order in which they stand here;
//   3. add "<name>" to DEVICES in tests/plugins/CMakeLists.txt and run that suite. It tells what is still missing.
// The contract of each function is in hekla_plugin.h and is not repeated here.
#include <hekla/hekla_plugin.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

// The opaque types are yours. Nobody else looks inside.
struct hekla_plugin_backend {};

struct hekla_plugin_device {
    hekla_plugin_device_info info;
    std::atomic<hekla_plugin_ticket> last_ticket;  // of all submissions, from any thread
};

struct hekla_plugin_buffer {
    void* bytes;
    hekla_plugin_memory memory;
};

struct hekla_plugin_kernel {
    uint32_t binding_count;
};

struct hekla_plugin_program {
    uint32_t segment_count;
    uint32_t step_count;
};

namespace {

// No exception may cross the table. Whatever can fail says so by a code and a sentence; `new` is the nothrow one here. A
// backend that uses exceptions inside catches all of them at this border (plugins/vulkan/plugin.cpp shows one way).
hekla_plugin_result fail(hekla_plugin_error* error, hekla_plugin_result code, const char* text) {
    std::snprintf(error->text, sizeof error->text, "null: %s", text);
    return code;
}

hekla_plugin_result out_of_memory(hekla_plugin_error* error) {
    return fail(error, HEKLA_PLUGIN_OUT_OF_MEMORY, "out of host memory");
}

// --- the backend: find devices -------------------------------------------------------------------------------------------

hekla_plugin_result open(const hekla_plugin_host* host, hekla_plugin_backend** out,
                         hekla_plugin_error* error) {
    if (host->lent_device != nullptr) {
        return fail(error, HEKLA_PLUGIN_UNSUPPORTED, "this backend cannot borrow a device");
    }
    *out = new (std::nothrow) hekla_plugin_backend;
    return *out != nullptr ? HEKLA_PLUGIN_OK : out_of_memory(error);
}

void close(hekla_plugin_backend* backend) { delete backend; }

uint32_t device_count(hekla_plugin_backend*) { return 1; }

// Be honest here: the planner believes every number. Structs grow at their end, so a real backend copies at most out->size
// bytes; setting fields one by one, as below, does it as well while all of them belong to the first version.
void fill_info(hekla_plugin_device_info* out) {
    *out = {};
    out->size = sizeof *out;
    out->type = HEKLA_PLUGIN_DEVICE_OTHER;
    std::snprintf(out->name, sizeof out->name, "null");
    std::snprintf(out->driver, sizeof out->driver, "runs nothing");
    out->memory_bytes = uint64_t{1} << 40;  // memory is taken when asked for, not before
    out->memory_budget_bytes = out->memory_bytes;
    out->max_buffer_bytes = uint64_t{1} << 40;
    out->max_binding_bytes = uint64_t{1} << 32;
    out->binding_alignment = 16;
    out->params_alignment = 16;
    out->max_params_bytes = 65536;
    out->max_bindings = 64;
    out->max_workgroup_invocations = 1024;
    for (uint32_t axis = 0; axis < 3; ++axis) {
        out->max_workgroup_size[axis] = 1024;
        out->max_group_count[axis] = 65535;
    }
    out->max_shared_bytes = 32768;
    out->kernels_by_name = 1;  // we do not read SPIR-V, and has_kernel below knows every op
}

hekla_plugin_result device_info(hekla_plugin_backend*, uint32_t index,
                                hekla_plugin_device_info* out, hekla_plugin_error* error) {
    if (index != 0) return fail(error, HEKLA_PLUGIN_NOT_FOUND, "there is one device, number 0");
    fill_info(out);
    return HEKLA_PLUGIN_OK;
}

// --- a device ------------------------------------------------------------------------------------------------------------

hekla_plugin_result device_create(hekla_plugin_backend*, uint32_t index,
                                  const hekla_plugin_device_request*, hekla_plugin_device** out,
                                  hekla_plugin_error* error) {
    if (index != 0) return fail(error, HEKLA_PLUGIN_NOT_FOUND, "there is one device, number 0");
    auto* device = new (std::nothrow) hekla_plugin_device{};
    if (device == nullptr) return out_of_memory(error);
    fill_info(&device->info);  // the request asks to forget capabilities; there are none
    *out = device;
    return HEKLA_PLUGIN_OK;
}

void device_destroy(hekla_plugin_device* device) { delete device; }

void device_describe(hekla_plugin_device* device, hekla_plugin_device_info* out) {
    *out = device->info;
}

uint32_t has_kernel(hekla_plugin_device*, const char*) { return 1; }

// --- memory --------------------------------------------------------------------------------------------------------------

hekla_plugin_result buffer_create(hekla_plugin_device* device, uint64_t size_bytes,
                                  hekla_plugin_memory memory, hekla_plugin_buffer** out,
                                  hekla_plugin_error* error) {
    if (size_bytes == 0) {
        return fail(error, HEKLA_PLUGIN_INVALID_ARGUMENT, "a buffer of 0 bytes");
    }
    if (size_bytes > device->info.max_buffer_bytes ||
        size_bytes > std::numeric_limits<size_t>::max()) {
        return fail(error, HEKLA_PLUGIN_OUT_OF_MEMORY,
                    "the buffer is larger than max_buffer_bytes");
    }
    void* bytes = std::calloc(1, static_cast<size_t>(size_bytes));  // DEVICE memory starts as zeros
    auto* buffer = new (std::nothrow) hekla_plugin_buffer{bytes, memory};
    if (bytes == nullptr || buffer == nullptr) {
        std::free(bytes);
        delete buffer;
        return out_of_memory(error);
    }
    *out = buffer;
    return HEKLA_PLUGIN_OK;
}

void buffer_destroy(hekla_plugin_device*, hekla_plugin_buffer* buffer) {
    if (buffer != nullptr) std::free(buffer->bytes);
    delete buffer;
}

void* buffer_map(hekla_plugin_device*, hekla_plugin_buffer* buffer) {
    return buffer->memory == HEKLA_PLUGIN_MEMORY_DEVICE ? nullptr : buffer->bytes;
}

// --- kernels and programs ------------------------------------------------------------------------------------------------

hekla_plugin_result kernel_create(hekla_plugin_device*, const hekla_plugin_kernel_desc* desc,
                                  hekla_plugin_kernel** out, hekla_plugin_error* error) {
    *out = new (std::nothrow) hekla_plugin_kernel{desc->binding_count};
    return *out != nullptr ? HEKLA_PLUGIN_OK : out_of_memory(error);
}

void kernel_destroy(hekla_plugin_device*, hekla_plugin_kernel* kernel) { delete kernel; }

// Steps are read here and never again: pointers in the description die with the call. Check what the core promises (it costs
// nothing at this point), then turn the steps into whatever your API replays fastest.
hekla_plugin_result program_create(hekla_plugin_device*, const hekla_plugin_program_desc* desc,
                                   hekla_plugin_program** out, hekla_plugin_error* error) {
    uint32_t last_segment = 0;
    for (uint32_t i = 0; i < desc->step_count; ++i) {
        const hekla_plugin_step& step = desc->steps[i];
        if (step.segment < last_segment) {
            return fail(error, HEKLA_PLUGIN_INVALID_ARGUMENT, "segment numbers fall");
        }
        last_segment = step.segment;
    }
    *out = new (std::nothrow) hekla_plugin_program{last_segment + 1, desc->step_count};
    return *out != nullptr ? HEKLA_PLUGIN_OK : out_of_memory(error);
}

void program_destroy(hekla_plugin_device*, hekla_plugin_program* program) { delete program; }

// --- running -------------------------------------------------------------------------------------------------------------

// Called for every run of a program: no allocation, no lock if it can be helped.
hekla_plugin_result submit(hekla_plugin_device* device, hekla_plugin_program* program,
                           uint32_t segment, hekla_plugin_ticket* out, hekla_plugin_error* error) {
    if (segment >= program->segment_count) {
        return fail(error, HEKLA_PLUGIN_INVALID_ARGUMENT, "the program has no such segment");
    }
    *out = device->last_ticket.fetch_add(1, std::memory_order_relaxed) + 1;
    return HEKLA_PLUGIN_OK;
}

hekla_plugin_result copy(hekla_plugin_device* device, hekla_plugin_buffer*, uint64_t,
                         hekla_plugin_buffer*, uint64_t, uint64_t, hekla_plugin_ticket* out,
                         hekla_plugin_error*) {
    *out = device->last_ticket.fetch_add(1, std::memory_order_relaxed) + 1;
    return HEKLA_PLUGIN_OK;
}

hekla_plugin_result wait(hekla_plugin_device* device, hekla_plugin_ticket ticket, uint64_t,
                         hekla_plugin_error* error) {
    if (ticket > device->last_ticket.load(std::memory_order_relaxed)) {
        return fail(error, HEKLA_PLUGIN_INVALID_ARGUMENT, "nothing was submitted with this ticket");
    }
    return HEKLA_PLUGIN_OK;
}

// --- the table -----------------------------------------------------------------------------------------------------------

const hekla_plugin table = {
    /*size*/ sizeof(hekla_plugin),
    /*abi*/ HEKLA_PLUGIN_ABI,
    /*name*/ "null",
    /*description*/ "runs nothing; the skeleton for new backends",
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
    /*program_times*/ nullptr,  // info.timestamps is 0
    /*buffer_address*/ nullptr,
};

}  // namespace

const hekla_plugin* hekla_plugin_table(uint32_t host_abi) {
    return host_abi == HEKLA_PLUGIN_ABI ? &table : nullptr;
}
