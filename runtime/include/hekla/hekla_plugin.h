/* SPDX-License-Identifier: MIT */
/*
 * hekla_plugin.h: the table a backend fills.
 *
 * A backend is a shared object `hekla_plugin_<name>.so` that exports one function, hekla_plugin_table(). The table is about devices,
 * memory, programs and submission; it has no function per op. To write one, copy plugins/null, rename it, fill the table, and run
 * the conformance suite in tests/plugins: no file of the core changes.
 *
 * Rules for every function:
 *  - No exception, longjmp, abort or exit crosses the table. Failure is a result code; `error` (never null) then holds a sentence
 *    that says what failed and why.
 *  - Nothing is printed; the host's `log` is the only voice.
 *  - Pointers in descriptions are borrowed for the call only, unless said otherwise.
 *  - A device and everything made from it may be used from several threads, except that one program, one buffer's contents and
 *    one ticket are used by one thread at a time; the caller sees to that.
 *  - Children are destroyed before their parents. Nothing is destroyed while a submission that uses it is unfinished.
 */
#ifndef HEKLA_PLUGIN_H
#define HEKLA_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised when a field changes its meaning. A plugin of another number is refused. Structs only grow: both sides compare `size`. */
#define HEKLA_PLUGIN_ABI 1u

#if defined(_WIN32)
#define HEKLA_PLUGIN_EXPORT __declspec(dllexport)
#else
#define HEKLA_PLUGIN_EXPORT __attribute__((visibility("default")))
#endif

/* The values of hekla_result in hekla.h. */
typedef int32_t hekla_plugin_result;
#define HEKLA_PLUGIN_OK 0
#define HEKLA_PLUGIN_TIMEOUT 1
#define HEKLA_PLUGIN_INVALID_ARGUMENT (-1)
#define HEKLA_PLUGIN_INVALID_FILE (-2)
#define HEKLA_PLUGIN_NOT_FOUND (-3)
#define HEKLA_PLUGIN_UNSUPPORTED (-4)
#define HEKLA_PLUGIN_OUT_OF_MEMORY (-5)
#define HEKLA_PLUGIN_DEVICE_LOST (-6)
#define HEKLA_PLUGIN_IO (-7)
#define HEKLA_PLUGIN_INTERNAL (-9)

typedef struct hekla_plugin_error {
    char text[512]; /* zero-terminated UTF-8 */
} hekla_plugin_error;

typedef enum hekla_plugin_severity {
    HEKLA_PLUGIN_DEBUG = 0,
    HEKLA_PLUGIN_INFO = 1,
    HEKLA_PLUGIN_WARNING = 2,
    HEKLA_PLUGIN_ERROR = 3,
    HEKLA_PLUGIN_SEVERITY_FORCE_32 = 0x7fffffff
} hekla_plugin_severity;

/* What the core gives a backend. Lives as long as the backend. */
typedef struct hekla_plugin_host {
    uint32_t size;
    uint32_t abi;
    void* user;
    void (*log)(void* user, hekla_plugin_severity severity, const char* text); /* any thread */
    /* Folder for caches (pipeline cache), zero-terminated, or null: keep none. The backend owns the files `<name>-*` in it. */
    const char* cache_folder;
    /* A device lent by the embedding program, or null. For the backend "vulkan": a const hekla_vulkan_host* (hekla_vulkan.h);
       device_count is then 1. Backends that cannot borrow answer UNSUPPORTED from open. */
    const void* lent_device;
} hekla_plugin_host;

typedef struct hekla_plugin_backend hekla_plugin_backend;
typedef struct hekla_plugin_device hekla_plugin_device;
typedef struct hekla_plugin_buffer hekla_plugin_buffer;
typedef struct hekla_plugin_kernel hekla_plugin_kernel;
typedef struct hekla_plugin_program hekla_plugin_program;

typedef enum hekla_plugin_device_type {
    HEKLA_PLUGIN_DEVICE_OTHER = 0,
    HEKLA_PLUGIN_DEVICE_INTEGRATED = 1,
    HEKLA_PLUGIN_DEVICE_DISCRETE = 2,
    HEKLA_PLUGIN_DEVICE_VIRTUAL = 3,
    HEKLA_PLUGIN_DEVICE_CPU = 4, /* also software Vulkan */
    HEKLA_PLUGIN_DEVICE_FORCE_32 = 0x7fffffff
} hekla_plugin_device_type;

/* Capabilities beyond the baseline profile, as bits. Kernels ask for them by the name in the comment (`needs:` in an op entry). */
#define HEKLA_PLUGIN_CAP_STORAGE_16BIT \
    (1ull << 0) /* storage_16bit: 16-bit types in storage buffers */
#define HEKLA_PLUGIN_CAP_STORAGE_8BIT (1ull << 1) /* storage_8bit */
#define HEKLA_PLUGIN_CAP_FLOAT16 (1ull << 2)      /* float16: half-precision arithmetic */
#define HEKLA_PLUGIN_CAP_INT8 (1ull << 3)         /* int8 */
#define HEKLA_PLUGIN_CAP_SUBGROUP_ARITHMETIC \
    (1ull << 4) /* subgroup_arithmetic: basic + arithmetic in compute */
#define HEKLA_PLUGIN_CAP_SUBGROUP_SHUFFLE (1ull << 5) /* subgroup_shuffle */
#define HEKLA_PLUGIN_CAP_INTEGER_DOT (1ull << 6)      /* integer_dot */
#define HEKLA_PLUGIN_CAP_COOPERATIVE_MATRIX \
    (1ull << 7) /* cooperative_matrix: VK_KHR_cooperative_matrix, f16 x f16 + f32 */
#define HEKLA_PLUGIN_CAP_BUFFER_ADDRESS (1ull << 8) /* buffer_address */
#define HEKLA_PLUGIN_CAP_COOPERATIVE_MATRIX2 \
    (1ull << 9) /* cooperative_matrix2: of VK_NV_cooperative_matrix2, for a subgroup: sizes that are multiples, up to 4, of matrix_m, \
                   matrix_n and matrix_k, and functions of a matrix's elements */

/* Kernels that read by address may read (never write) so far past a DEVICE or WEIGHTS buffer's end; what is there does not count. */
#define HEKLA_PLUGIN_ADDRESS_SLACK_BYTES 65536u

typedef struct hekla_plugin_device_info {
    uint32_t size;
    uint32_t type;                 /* hekla_plugin_device_type */
    char name[256];                /* as the driver says it */
    char driver[256];              /* driver name and version, for reports; may be empty */
    uint32_t vendor_id, device_id; /* PCI; 0 if none */
    uint64_t capabilities;         /* HEKLA_PLUGIN_CAP_* */
    uint64_t memory_bytes;         /* of the heap where buffers of kind DEVICE live */
    uint64_t
        memory_budget_bytes;    /* of it, what is free for us now; equals memory_bytes if unknown */
    uint64_t max_buffer_bytes;  /* largest single buffer */
    uint64_t max_binding_bytes; /* largest range of one storage binding */
    uint32_t binding_alignment; /* of storage binding offsets, bytes, a power of two */
    uint32_t params_alignment;  /* of parameter block offsets, bytes, a power of two */
    uint32_t max_params_bytes;  /* largest parameter block (16384 at least) */
    uint32_t max_bindings;      /* storage buffers one kernel may bind */
    uint32_t max_workgroup_invocations;
    uint32_t max_workgroup_size[3];
    uint32_t max_group_count[3];
    uint32_t max_shared_bytes;
    uint32_t subgroup_size;   /* 0: none */
    uint32_t kernels_by_name; /* 1: kernels are found by op name (has_kernel); SPIR-V is not read */
    uint32_t timestamps;      /* 1: program_times works */
    uint32_t matrix_m, matrix_n,
        matrix_k; /* cooperative_matrix: a subgroup multiplies [m, k] by [k, n]; k is a multiple of 8. Else 0 */
} hekla_plugin_device_info;

typedef struct hekla_plugin_device_request {
    uint32_t size;
    uint32_t baseline; /* 1: forget every optional capability: info.capabilities becomes 0 */
    uint64_t forget;   /* HEKLA_PLUGIN_CAP_* to forget */
} hekla_plugin_device_request;

/* What a buffer is for. */
typedef enum hekla_plugin_memory {
    HEKLA_PLUGIN_MEMORY_DEVICE =
        0, /* activations, state: fast for kernels; zeroed when created */
    HEKLA_PLUGIN_MEMORY_UPLOAD = 1,   /* the host writes, copies read */
    HEKLA_PLUGIN_MEMORY_DOWNLOAD = 2, /* copies write, the host reads */
    HEKLA_PLUGIN_MEMORY_PARAMS = 3,  /* the host writes, kernels read at binding 0 */
    HEKLA_PLUGIN_MEMORY_WEIGHTS = 4, /* as DEVICE, but filled before it is read: holds anything when created */
    HEKLA_PLUGIN_MEMORY_FORCE_32 = 0x7fffffff /* every enum holds 32 bits, so a wrong value can be looked at and refused */
} hekla_plugin_memory;

/* A kernel: code and constants; its pipeline exists when kernel_create returns. */
typedef struct hekla_plugin_kernel_desc {
    uint32_t size;
    const char* name; /* shader name, e.g. "rms_norm_subgroup"; for messages and caches */
    const char* op;   /* op name, e.g. "rms_norm": what a kernels_by_name device looks up */
    const uint32_t*
        spirv; /* entry point "main"; binding 0: uniform parameter block; 1..binding_count: storage buffers */
    size_t spirv_words;
    uint32_t binding_count; /* storage buffers */
    const uint32_t*
        spec; /* specialisation constants 0..spec_count-1, 32 bits each; 0, 1, 2 are the local size */
    uint32_t spec_count;
} hekla_plugin_kernel_desc;

typedef struct hekla_plugin_binding {
    hekla_plugin_buffer* buffer;
    uint64_t offset_bytes; /* a multiple of binding_alignment */
    uint64_t size_bytes;   /* > 0, at most max_binding_bytes */
} hekla_plugin_binding;

typedef enum hekla_plugin_step_kind {
    HEKLA_PLUGIN_STEP_DISPATCH = 0,
    HEKLA_PLUGIN_STEP_COPY = 1,
    HEKLA_PLUGIN_STEP_FORCE_32 = 0x7fffffff
} hekla_plugin_step_kind;

typedef struct hekla_plugin_step {
    uint32_t kind; /* hekla_plugin_step_kind */
    uint32_t
        barrier_before; /* 1: everything before is finished and visible (to dispatches and copies) first */
    uint32_t
        segment; /* steps of one number are submitted together; numbers start at 0 and never fall */
    uint32_t group_count[3];     /* dispatch */
    hekla_plugin_kernel* kernel; /* dispatch */
    const hekla_plugin_binding*
        bindings; /* dispatch: kernel's binding_count of them; copy: source, destination (of one
                                             size; offsets and size multiples of 4) */
    hekla_plugin_buffer* params;  /* dispatch: buffer of kind PARAMS */
    uint64_t params_offset_bytes; /* a multiple of params_alignment */
    uint64_t params_size_bytes;
} hekla_plugin_step;

typedef struct hekla_plugin_program_desc {
    uint32_t size;
    const hekla_plugin_step* steps;
    uint32_t step_count;
    uint32_t timed; /* 1: keep start and end times of every step */
} hekla_plugin_program_desc;

/* Times of one step on the device's clock, nanoseconds from an arbitrary origin common to the run. */
typedef struct hekla_plugin_times {
    uint64_t begin_ns, end_ns;
} hekla_plugin_times;

/* A submission's ticket: grows by submission; done when wait says so. 0 is always done. */
typedef uint64_t hekla_plugin_ticket;

typedef struct hekla_plugin {
    uint32_t size;    /* sizeof(hekla_plugin) as the plugin was compiled */
    uint32_t abi;     /* HEKLA_PLUGIN_ABI as the plugin was compiled */
    const char* name; /* "vulkan": what `--device` begins with */
    const char* description;

    /* The backend: what a driver loader, or nothing, stands behind. Finding no device is success with device_count 0. */
    hekla_plugin_result (*open)(const hekla_plugin_host* host, hekla_plugin_backend** out,
                                hekla_plugin_error* error);
    void (*close)(hekla_plugin_backend* backend);
    uint32_t (*device_count)(hekla_plugin_backend* backend);
    hekla_plugin_result (*device_info)(hekla_plugin_backend* backend, uint32_t index,
                                       hekla_plugin_device_info* out, hekla_plugin_error* error);

    hekla_plugin_result (*device_create)(hekla_plugin_backend* backend, uint32_t index,
                                         const hekla_plugin_device_request* request,
                                         hekla_plugin_device** out, hekla_plugin_error* error);
    void (*device_destroy)(
        hekla_plugin_device* device); /* waits for what was submitted; nothing else does */
    /* The device as it was created, with what the request forgot left out. */
    void (*device_describe)(hekla_plugin_device* device, hekla_plugin_device_info* out);
    /* kernels_by_name devices: 1 if the op has a kernel here. May be null otherwise. */
    uint32_t (*has_kernel)(hekla_plugin_device* device, const char* op);

    hekla_plugin_result (*buffer_create)(hekla_plugin_device* device, uint64_t size_bytes,
                                         hekla_plugin_memory memory, hekla_plugin_buffer** out,
                                         hekla_plugin_error* error);
    void (*buffer_destroy)(hekla_plugin_device* device, hekla_plugin_buffer* buffer);
    /* Host address of an UPLOAD, DOWNLOAD or PARAMS buffer, mapped while it lives, coherent; null for DEVICE. Of a WEIGHTS buffer, to write
       to, where the memory that suits kernels is the host's too; else null. */
    void* (*buffer_map)(hekla_plugin_device* device, hekla_plugin_buffer* buffer);

    hekla_plugin_result (*kernel_create)(hekla_plugin_device* device,
                                         const hekla_plugin_kernel_desc* desc,
                                         hekla_plugin_kernel** out, hekla_plugin_error* error);
    void (*kernel_destroy)(hekla_plugin_device* device, hekla_plugin_kernel* kernel);

    /* Records the steps once. Kernels and buffers outlive the program. */
    hekla_plugin_result (*program_create)(hekla_plugin_device* device,
                                          const hekla_plugin_program_desc* desc,
                                          hekla_plugin_program** out, hekla_plugin_error* error);
    void (*program_destroy)(hekla_plugin_device* device, hekla_plugin_program* program);

    /* Submits one segment of a program. Runs after everything submitted to this device before, and sees its writes and all that the host
       wrote to mapped memory before the call. No allocation, no recording. The program is not submitted again before its ticket is done. */
    hekla_plugin_result (*submit)(hekla_plugin_device* device, hekla_plugin_program* program,
                                  uint32_t segment, hekla_plugin_ticket* out,
                                  hekla_plugin_error* error);
    /* One copy outside programs, for uploads; ordered like submit. Offsets and size are multiples of 4. */
    hekla_plugin_result (*copy)(hekla_plugin_device* device, hekla_plugin_buffer* source,
                                uint64_t source_offset, hekla_plugin_buffer* destination,
                                uint64_t destination_offset, uint64_t size_bytes,
                                hekla_plugin_ticket* out, hekla_plugin_error* error);
    /* OK: done, and the host sees DOWNLOAD memory it wrote. TIMEOUT after timeout_ns: still running. */
    hekla_plugin_result (*wait)(hekla_plugin_device* device, hekla_plugin_ticket ticket,
                                uint64_t timeout_ns, hekla_plugin_error* error);

    /* Times of the last run of a timed program, one per step. May be null when info.timestamps is 0. */
    hekla_plugin_result (*program_times)(hekla_plugin_device* device, hekla_plugin_program* program,
                                         hekla_plugin_times* out, hekla_plugin_error* error);

    /* Where kernels find a DEVICE or WEIGHTS buffer's first byte, constant while the buffer lives; 0 for other kinds. Null without buffer_address. */
    uint64_t (*buffer_address)(hekla_plugin_device* device, hekla_plugin_buffer* buffer);
} hekla_plugin;

/* The one export. Returns the table for this ABI, static memory, or null if `host_abi` cannot be served. Called before anything else. */
HEKLA_PLUGIN_EXPORT const hekla_plugin* hekla_plugin_table(uint32_t host_abi);
typedef const hekla_plugin* (*hekla_plugin_table_function)(uint32_t host_abi);

#ifdef __cplusplus
}
#endif

#endif
