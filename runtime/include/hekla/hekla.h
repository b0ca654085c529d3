/* SPDX-License-Identifier: MIT */
/*
 * hekla.h: run model graph files on any device. This header is the manual; hekla.hpp wraps it for C++.
 *
 *   hekla_runtime* runtime;  hekla_device* device;  hekla_model* model;  hekla_context* context;
 *   hekla_runtime_create(&(hekla_runtime_desc){.size = sizeof(hekla_runtime_desc)}, &runtime, &error);
 *   hekla_device_open(runtime, NULL, NULL, &device, &error);                    // the best device there is
 *   hekla_model_load(device, &(hekla_model_desc){.size = sizeof(hekla_model_desc), .checkpoint = "my-llama"}, &model, &error);
 *   hekla_context_create(model, NULL, &context, &error);
 *   hekla_context_set_input(context, "ids", &ids, &error);
 *   hekla_context_run(context, NULL, &error);
 *   hekla_context_read(context, "logits", &logits, &error);
 *
 * Rules that hold for every function
 *  - Failure is a result below 0; `error`, if not null, then holds a sentence saying what, where, why and what to do. It belongs to the caller.
 *  - Structs begin with `size`, set by the caller to sizeof the struct; fields added later are off where `size` does not reach them.
 *  - No exception or abort crosses this API, nothing is printed, there is no global state and there are no hidden threads: only kernels are
 *    compiled on several, which end before the call does.
 *  - Strings are UTF-8, zero-terminated, and copied when kept. Handles are opaque. Children are destroyed before their parents.
 *  - Threads: a runtime, device and model may be used by several threads at once; a context by one at a time, hekla_context_cancel excepted.
 */
#ifndef HEKLA_H
#define HEKLA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(HEKLA_STATIC)
#define HEKLA_API
#elif defined(_WIN32)
#ifdef HEKLA_BUILDING
#define HEKLA_API __declspec(dllexport)
#else
#define HEKLA_API __declspec(dllimport)
#endif
#else
#define HEKLA_API __attribute__((visibility("default")))
#endif

#define HEKLA_VERSION_MAJOR 0
#define HEKLA_VERSION_MINOR 1
#define HEKLA_VERSION_PATCH 0

typedef enum hekla_result {
    HEKLA_OK = 0,
    HEKLA_CANCELLED =
        1, /* the run stopped because hekla_context_cancel was called; its state is as before the run */
    HEKLA_INVALID_ARGUMENT = -1,
    HEKLA_INVALID_FILE = -2,  /* a file, or what it says, is wrong */
    HEKLA_NOT_FOUND = -3,     /* file, device, entry, tensor */
    HEKLA_UNSUPPORTED = -4,   /* this device or backend cannot do it */
    HEKLA_OUT_OF_MEMORY = -5, /* host memory, device memory, or the budget */
    HEKLA_DEVICE_LOST =
        -6, /* the device is gone; destroy what was made from it and open it again */
    HEKLA_IO = -7,
    HEKLA_LIMIT = -8,    /* context full, nesting, repeat ... */
    HEKLA_INTERNAL = -9, /* our mistake: please report it */
    HEKLA_RESULT_FORCE_32 = 0x7fffffff
} hekla_result;

typedef struct hekla_error {
    hekla_result result;
    char text[4096]; /* may hold several lines: errors in graph files quote the file */
} hekla_error;

typedef struct hekla_runtime hekla_runtime;
typedef struct hekla_device hekla_device;
typedef struct hekla_model hekla_model;
typedef struct hekla_context hekla_context;

typedef enum hekla_severity {
    HEKLA_DEBUG = 0,
    HEKLA_INFO = 1,
    HEKLA_WARNING = 2,
    HEKLA_SEVERITY_ERROR = 3,
    HEKLA_SEVERITY_FORCE_32 = 0x7fffffff
} hekla_severity;

/* ---- runtime: the backends -------------------------------------------------------------------------------------------------- */

typedef struct hekla_runtime_desc {
    uint32_t size;
    /* Folders searched for hekla_plugin_*.so, absolute; the folder of libhekla itself is searched first. May be null. */
    const char* const* plugin_folders;
    uint32_t plugin_folder_count;
    /* Folder for pipeline caches, and for what devices were measured to take; null: none are kept. Created if missing. */
    const char* cache_folder;
    /* Called from the thread that called into Hekla. May be null. */
    void (*log)(void* user, hekla_severity severity, const char* text);
    void* user;
    /* Lend a Vulkan device: const hekla_vulkan_host* (hekla_vulkan.h). Must stay valid while the runtime lives. The device is then called "vulkan:0". */
    const void* vulkan_host;
} hekla_runtime_desc;

HEKLA_API hekla_result hekla_runtime_create(const hekla_runtime_desc* desc, hekla_runtime** out,
                                            hekla_error* error);
HEKLA_API void hekla_runtime_destroy(hekla_runtime* runtime);

typedef struct hekla_device_info {
    uint32_t size;
    char id[64]; /* "vulkan:0", "cpu": what hekla_device_open takes */
    char name[256];
    char driver[256];
    char type[16];          /* "discrete" "integrated" "virtual" "cpu" "other" */
    char capabilities[512]; /* optional features, by name, with spaces between; empty: baseline */
    uint64_t memory_bytes;  /* where weights would live */
    uint64_t max_binding_bytes;
    uint32_t subgroup_size;
    uint32_t max_workgroup_invocations;
} hekla_device_info;

/* Devices, best first: discrete, integrated, virtual, software Vulkan, then cpu; the null backend comes last. */
HEKLA_API uint32_t hekla_runtime_device_count(const hekla_runtime* runtime);
HEKLA_API hekla_result hekla_runtime_device_info(const hekla_runtime* runtime, uint32_t index,
                                                 hekla_device_info* out, hekla_error* error);

/* ---- device ------------------------------------------------------------------------------------------------------------------- */

typedef struct hekla_device_desc {
    uint32_t size;
    uint32_t baseline; /* 1: forget every optional feature */
    /* For tests, 0 meaning the device's own. Bind no more of a buffer at once than this; larger tensors are worked on in stretches. */
    uint64_t max_binding_bytes;
    /* Shape kernels for subgroups of this size, a power of two: results stay right, so one device can try what others will run. */
    uint32_t subgroup_size;
    /* 1: nothing is measured and no file of costs is read: kernels are chosen by what the device says of itself, and so the same each time. */
    uint32_t unmeasured;
} hekla_device_desc;

/* A device opened for the first time, or without a cache folder, is measured, in less than 100 ms on software Vulkan: kernels are chosen by it.
   `which`: an id ("vulkan:0"), a backend ("vulkan": its first device), part of a device's name, in any case; null: the first device that is not `null`. */
HEKLA_API hekla_result hekla_device_open(hekla_runtime* runtime, const char* which,
                                         const hekla_device_desc* desc, hekla_device** out,
                                         hekla_error* error);
HEKLA_API void hekla_device_destroy(hekla_device* device);
HEKLA_API hekla_result hekla_device_describe(const hekla_device* device, hekla_device_info* out,
                                             hekla_error* error);

/* ---- tensors ------------------------------------------------------------------------------------------------------------------ */

typedef enum hekla_dtype {
    HEKLA_F32 = 0,
    HEKLA_I32 = 1,
    HEKLA_I64 = 2,  /* taken as input with a range check; never given out */
    HEKLA_BOOL = 3, /* one byte, 0 or not */
    HEKLA_F16 = 4,  /* taken as input */
    HEKLA_DTYPE_FORCE_32 = 0x7fffffff
} hekla_dtype;

#define HEKLA_MAX_RANK 8

/* A tensor in host memory, row-major and dense: shape[0] is the slowest axis. */
typedef struct hekla_tensor {
    hekla_dtype dtype;
    uint32_t rank;
    int64_t shape[HEKLA_MAX_RANK];
    void* data;        /* the caller's; set_input copies from it, read copies into it */
    size_t size_bytes; /* room behind data */
} hekla_tensor;

/* ---- checkpoint: what weights say of themselves ------------------------------------------------------------------------------- */

/* The configuration beside or within weights, without a device: config.json, or a GGUF file's metadata, its tokenizer among it. No weight is read. */
typedef struct hekla_checkpoint hekla_checkpoint;

/* `path`: as hekla_model_desc.checkpoint. */
HEKLA_API hekla_result hekla_checkpoint_open(const char* path, hekla_checkpoint** out,
                                             hekla_error* error);
HEKLA_API void hekla_checkpoint_destroy(hekla_checkpoint* checkpoint);

typedef enum hekla_value_kind {
    HEKLA_VALUE_NULL = 0,
    HEKLA_VALUE_BOOL = 1,
    HEKLA_VALUE_INTEGER = 2,
    HEKLA_VALUE_NUMBER = 3,
    HEKLA_VALUE_TEXT = 4,
    HEKLA_VALUE_LIST = 5,
    HEKLA_VALUE_KIND_FORCE_32 = 0x7fffffff
} hekla_value_kind;

typedef struct hekla_value {
    uint32_t size;
    hekla_value_kind kind;
    int64_t integer;  /* of BOOL (0 or 1) and INTEGER */
    double number;    /* of NUMBER */
    const char* text; /* of TEXT: zero-terminated, and as the file has it: neither UTF-8 nor free of other zeros for sure */
    uint64_t count;   /* of TEXT: its bytes; of LIST: its values */
    const void* list; /* of LIST: for hekla_checkpoint_list_value */
} hekla_value;

/* The value under a key: whole GGUF keys ("tokenizer.ggml.tokens", "arch.block_count" for "llama.block_count" and its like), names of config.json, with dots
   into nested objects. HEKLA_NOT_FOUND without one. Text and lists live as long as the checkpoint. Any thread. */
HEKLA_API hekla_result hekla_checkpoint_value(hekla_checkpoint* checkpoint, const char* key,
                                              hekla_value* out, hekla_error* error);
/* One value of a list. */
HEKLA_API hekla_result hekla_checkpoint_list_value(const hekla_value* list, uint64_t index,
                                                   hekla_value* out, hekla_error* error);

/* ---- model: a graph with its weights on a device ------------------------------------------------------------------------------ */

/* Called while weights are read and uploaded; done grows up to total. Return 0 to stop loading (the result is HEKLA_CANCELLED). */
typedef int (*hekla_progress)(void* user, const char* what, uint64_t done, uint64_t total);

typedef struct hekla_model_desc {
    uint32_t size;
    /* The graph: a file, or text in memory. Both null: found by the checkpoint's architecture among `graph_folders`. */
    const char* graph_path;
    const char* graph_text;
    size_t graph_text_bytes;
    const char* const*
        graph_folders; /* searched for graph files whose `serves:` names the checkpoint; null: the built-in graphs */
    uint32_t graph_folder_count;
    /* The weights: a checkpoint folder or file, or a safetensors image in memory, which stays valid until load returns. All null: a graph without weights. */
    const char* checkpoint;
    const void* weights_data;
    size_t weights_bytes;
    const char* config_path; /* config.json other than the checkpoint's own; may be null */
    const char* config_text; /* the same as text; may be null */
    const char* entry;       /* null: the only one */
    const char* const* set;  /* "name=value" for params */
    uint32_t set_count;
    uint64_t
        max_memory_bytes; /* device memory the model and its contexts may take; 0: no limit but the device's. Where it is scarce, slower kernels are taken that need no copies of their operands */
    hekla_progress progress;
    void* user;
    /* For tests and measurements: names of kernels, with commas between, that the planner takes wherever they apply. May be null. */
    const char* force_kernels;
    uint32_t no_fusion; /* 1: one dispatch per node, no rewrites */
    uint32_t
        random_weights; /* without a checkpoint: 1: weights are drawn at random as f32, 2: as f16 where kernels read that. For measurements */
    uint32_t plan_only; /* 1: no weight is read and nothing allocated: the model answers hekla_model_memory and describes itself, contexts cannot be made */
    uint32_t in_background; /* 1: load returns while weights are still on their way, so that the first run's kernels are compiled meanwhile. That run waits
                               for them, and tells what is wrong with their values. Without effect beside `progress` or `weights_data`,
                               and where the device's memory is not the host's too. */
} hekla_model_desc;

HEKLA_API hekla_result hekla_model_load(hekla_device* device, const hekla_model_desc* desc,
                                        hekla_model** out, hekla_error* error);
HEKLA_API void hekla_model_destroy(hekla_model* model);

/* A size of the graph: a dim that runs bind by their inputs' shapes (B, T), or one that a context carries (P). */
typedef struct hekla_dim_info {
    char name[64];
    int64_t max;      /* 0: no limit */
    int64_t multiple; /* values must be multiples of this; 1: any */
    uint32_t carried; /* 1: part of the state */
} hekla_dim_info;

typedef struct hekla_port_info {
    char name[64];
    hekla_dtype dtype;
    char shape[192];   /* as the graph says it: "B, T, 131" */
    uint32_t optional; /* input: 1 if a run may leave it out; the graph says what stands in its place */
} hekla_port_info;

HEKLA_API const char* hekla_model_name(
    const hekla_model* model); /* the graph's name; lives as long as the model */
HEKLA_API uint32_t hekla_model_dim_count(const hekla_model* model);
HEKLA_API hekla_result hekla_model_dim(const hekla_model* model, uint32_t index,
                                       hekla_dim_info* out, hekla_error* error);
HEKLA_API uint32_t hekla_model_input_count(const hekla_model* model);
HEKLA_API hekla_result hekla_model_input(const hekla_model* model, uint32_t index,
                                         hekla_port_info* out, hekla_error* error);
HEKLA_API uint32_t hekla_model_output_count(const hekla_model* model);
HEKLA_API hekla_result hekla_model_output(const hekla_model* model, uint32_t index,
                                          hekla_port_info* out, hekla_error* error);

/* A dim's value, by name, for planning ahead of a run. */
typedef struct hekla_dim_value {
    const char* name;
    int64_t value;
} hekla_dim_value;

typedef struct hekla_memory_report {
    uint32_t size;
    uint64_t weight_bytes;     /* on the device, shared by all contexts */
    uint64_t state_bytes;      /* per context */
    uint64_t arena_bytes;      /* activations, per context: planned from lifetimes */
    uint64_t arena_live_bytes; /* the largest set alive at once: no plan can take less */
    uint64_t arena_sum_bytes;  /* what it would take without reuse */
    uint64_t io_bytes;         /* host-visible: inputs, outputs, parameters, per context */
    uint64_t available_bytes;  /* the device's budget */
    uint32_t dispatch_count;
    uint32_t barrier_count;
    /* The most that the model and one context take at once, weights, state, activations and host-visible buffers together. The checkpoint is mapped and its
       pages given back tensor by tensor: they are the system's page cache and do not count. */
    uint64_t peak_bytes;
    uint64_t constant_bytes; /* what is computed of weights alone, once and kept, per context and set of sizes */
} hekla_memory_report;

/* Preflight: what a run with these sizes takes. Nothing is allocated. Carried dims count as the context's capacity. */
HEKLA_API hekla_result hekla_model_memory(hekla_model* model, const hekla_dim_value* dims,
                                          uint32_t dim_count, hekla_memory_report* out,
                                          hekla_error* error);

/* One dispatch of a plan. Texts live during the call that brings them. */
typedef struct hekla_plan_step {
    const char* node;   /* path of the graph's node: "h[3].q" */
    const char* op;     /* what it has become: "linear_qkv" */
    const char* kernel; /* the one of the op's that was taken */
    const char* others; /* the op's others: what each would cost, or why it cannot be taken; empty: there is none */
    uint32_t once;      /* 1: it depends on weights alone and is done before the first run, not again */
    uint32_t groups[3]; /* workgroups */
    uint32_t local[3];  /* invocations of one */
    uint64_t bytes;     /* of the tensors it reads and writes, each element once */
    double flops;       /* floating-point operations, as the op's entry counts them */
    double cost;        /* by which kernels are compared: about one floating-point operation is 1 */
    double predicted_us; /* the least it can take, by the device's measured dispatches, arithmetic and memory; 0: those are not known */
} hekla_plan_step;

/* The plan of a run with these sizes (carried dims: the context's capacity) and outputs (null: all): `step` is called for each dispatch in
   order, and stops it by returning 0. Nothing is allocated on the device. */
HEKLA_API hekla_result hekla_model_plan(hekla_model* model, const hekla_dim_value* dims,
                                        uint32_t dim_count, const char* const* outputs,
                                        uint32_t output_count,
                                        int (*step)(void* user, const hekla_plan_step* step),
                                        void* user, hekla_error* error);

/* ---- context: one stream of runs with its own state --------------------------------------------------------------------------- */

typedef struct hekla_context_desc {
    uint32_t size;
    /* Largest value a carried dim will reach, by name, e.g. {"P", 512}; dims left out take their `max`. State memory follows it. */
    const hekla_dim_value* capacity;
    uint32_t capacity_count;
    uint32_t timed; /* 1: keep times of every step for hekla_context_trace */
} hekla_context_desc;

HEKLA_API hekla_result hekla_context_create(hekla_model* model, const hekla_context_desc* desc,
                                            hekla_context** out, hekla_error* error);
HEKLA_API void hekla_context_destroy(hekla_context* context);

/* Copies the tensor; the shape binds the graph's dims at the next run. */
HEKLA_API hekla_result hekla_context_set_input(hekla_context* context, const char* name,
                                               const hekla_tensor* tensor, hekla_error* error);

typedef struct hekla_run_desc {
    uint32_t size;
    /* Outputs to compute, by name; inner values by their path ("h[0]") are allowed. Null: all outputs of the graph. */
    const char* const* outputs;
    uint32_t output_count;
    uint64_t timeout_ns; /* 0: wait as long as it takes */
    /* Called after each segment of the run with how many of them are done; return 0 to stop (the result is HEKLA_CANCELLED). May be null. */
    hekla_progress progress;
    void* user;
} hekla_run_desc;

/* Runs and waits. Carried dims move on by the graph's `next`; a run that would pass a capacity is refused with HEKLA_LIMIT and changes nothing.
   The first run of a new set of shapes and outputs plans and records; later ones replay. */
HEKLA_API hekla_result hekla_context_run(hekla_context* context, const hekla_run_desc* desc,
                                         hekla_error* error);
typedef struct hekla_warm_desc {
    uint32_t size;
    /* Sizes of the runs to come, by name, e.g. {"T", 128}; dims left out are 1. Carried dims are not among them. */
    const hekla_dim_value* dims;
    uint32_t dim_count;
    /* The outputs that those runs will ask for, as in hekla_run_desc. */
    const char* const* outputs;
    uint32_t output_count;
    /* Called by this thread as kernels are finished; return 0 to stop (the result is HEKLA_CANCELLED). May be null. */
    hekla_progress progress;
    void* user;
} hekla_warm_desc;

/* Ahead of the first run of such sizes: plans and records it, compiles its kernels on all cores, and dispatches each over nothing, since some drivers
   compile no sooner. That run then takes no longer than later ones. Needs no inputs; state and outputs stay as they are. Drivers that keep what they
   compiled on disk will find it in later processes too. */
HEKLA_API hekla_result hekla_context_warm(hekla_context* context, const hekla_warm_desc* desc,
                                          hekla_error* error);
/* From any thread: the run in progress, or else the next one, stops at its next segment. */
HEKLA_API void hekla_context_cancel(hekla_context* context);
/* Carried dims back to their start: the state is empty again. */
HEKLA_API hekla_result hekla_context_reset(hekla_context* context, hekla_error* error);
/* Value of a carried dim. */
HEKLA_API hekla_result hekla_context_position(const hekla_context* context, const char* dim,
                                              int64_t* out, hekla_error* error);

/* Shape and type of an output of the last run; data and size_bytes are not touched. */
HEKLA_API hekla_result hekla_context_output_shape(hekla_context* context, const char* name,
                                                  hekla_tensor* out, hekla_error* error);
/* Copies an output of the last run into out->data (size_bytes must suffice), and fills in shape and type. */
HEKLA_API hekla_result hekla_context_read(hekla_context* context, const char* name,
                                          hekla_tensor* out, hekla_error* error);

/* One step of the last run of a timed context. Pointers live until the next run. */
typedef struct hekla_trace_step {
    const char* node; /* path of the graph's node: "h[3].q" */
    const char* kernel;
    uint64_t begin_ns, end_ns; /* the device's clock */
    uint64_t bytes; /* of the tensors it reads and writes, each element once; carried dims at their capacity */
    double flops;   /* floating-point operations, as the op's entry counts them */
} hekla_trace_step;

HEKLA_API hekla_result hekla_context_trace(hekla_context* context, const hekla_trace_step** out,
                                           uint32_t* count, hekla_error* error);

HEKLA_API const char* hekla_version(void); /* "0.1.0" */

#ifdef __cplusplus
}
#endif

#endif
