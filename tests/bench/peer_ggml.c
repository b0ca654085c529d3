/* SPDX-License-Identifier: MIT */
/*
 * One operation on llama.cpp's Vulkan backend (libggml), timed: the peer of `run`. Built by peer_root inside the peer's root.
 *
 *   peer_ggml OP OUT PARAM TENSOR...
 *     OP      mul_mat conv_2d conv_2d_direct attention flash_attn soft_max rms_norm layer_norm group_norm add silu
 *     OUT     the result is written there, raw float32
 *     PARAM   the number the operation takes: eps (norms), groups (group_norm), scale (attention); else 0
 *     TENSOR  TYPE:NE0,NE1,NE2,NE3:FILE, ggml's order of sizes (the fastest first), FILE holding the tensor as ggml lays it out
 *
 * Prints the device, then the milliseconds of the first run, in which shaders are compiled. Then each line on stdin asks for one
 * measurement and is answered by the milliseconds of one operation, the median of five graphs (of one that takes half a second): each holds the operation often, the
 * operands staying on the device, so that what is told is the operation and not its submission. Ends with stdin.
 */
#include <ggml-alloc.h>
#include <ggml-backend.h>
#include <ggml.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { max_tensors = 3, max_nodes = 16, max_repeats = 256, batches = 5 };
static const double batch_ms = 20, long_ms = 500; /* of computing a graph, about */

static void fail(const char* what, const char* which) {
    fprintf(stderr, "peer_ggml: %s: %s\n", what, which);
    exit(1);
}

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static struct ggml_tensor* declare(struct ggml_context* ctx, const char* text, const char** file) {
    static const struct {
        const char* name;
        enum ggml_type type;
    } types[] = {{"f32", GGML_TYPE_F32}, {"f16", GGML_TYPE_F16}, {"q8_0", GGML_TYPE_Q8_0}, {"q4_0", GGML_TYPE_Q4_0}};
    char type[8];
    int64_t ne[4] = {1, 1, 1, 1};
    int read = 0;
    if (sscanf(text, "%7[^:]:%ld,%ld,%ld,%ld:%n", type, &ne[0], &ne[1], &ne[2], &ne[3], &read) != 5 || read == 0)
        fail("not TYPE:NE0,NE1,NE2,NE3:FILE", text);
    *file = text + read;
    for (size_t i = 0; i < sizeof types / sizeof *types; ++i)
        if (strcmp(types[i].name, type) == 0) return ggml_new_tensor(ctx, types[i].type, 4, ne);
    fail("unknown type", type);
    return NULL;
}

static void upload(struct ggml_tensor* tensor, const char* path) {
    const size_t size = ggml_nbytes(tensor);
    char* data = malloc(size);
    FILE* file = fopen(path, "rb");
    if (!data || !file || fread(data, 1, size, file) != size) fail("cannot read", path);
    fclose(file);
    ggml_backend_tensor_set(tensor, data, 0, size);
    free(data);
}

static struct ggml_tensor* apply(struct ggml_context* ctx, const char* op, float param, struct ggml_tensor** x) {
    const int pad = (int)(x[0]->ne[0] / 2); /* of convolutions: the size stays */
    if (!strcmp(op, "mul_mat")) return ggml_mul_mat(ctx, x[0], x[1]);
    if (!strcmp(op, "conv_2d")) return ggml_conv_2d(ctx, x[0], x[1], 1, 1, pad, pad, 1, 1);
    if (!strcmp(op, "conv_2d_direct")) return ggml_conv_2d_direct(ctx, x[0], x[1], 1, 1, pad, pad, 1, 1);
    if (!strcmp(op, "flash_attn")) return ggml_flash_attn_ext(ctx, x[0], x[1], x[2], NULL, param, 0, 0);
    if (!strcmp(op, "attention")) /* x[2]: v with its keys along the first axis */
        return ggml_mul_mat(ctx, x[2], ggml_soft_max_ext(ctx, ggml_mul_mat(ctx, x[1], x[0]), NULL, param, 0));
    if (!strcmp(op, "soft_max")) return ggml_soft_max(ctx, x[0]);
    if (!strcmp(op, "rms_norm")) return ggml_rms_norm(ctx, x[0], param);
    if (!strcmp(op, "layer_norm")) return ggml_add(ctx, ggml_mul(ctx, ggml_norm(ctx, x[0], param), x[1]), x[2]);
    if (!strcmp(op, "group_norm")) return ggml_group_norm(ctx, x[0], (int)param, 1e-5f);
    if (!strcmp(op, "add")) return ggml_add(ctx, x[0], x[1]);
    if (!strcmp(op, "silu")) return ggml_silu(ctx, x[0]);
    fail("unknown operation", op);
    return NULL;
}

static double compute(ggml_backend_t backend, struct ggml_cgraph* graph) {
    const double start = now_ms();
    if (ggml_backend_graph_compute(backend, graph) != GGML_STATUS_SUCCESS) fail("cannot compute", "graph");
    return now_ms() - start;
}

static int by_value(const void* a, const void* b) {
    const double x = *(const double*)a, y = *(const double*)b;
    return (x > y) - (x < y);
}

static double median_ms(ggml_backend_t backend, struct ggml_cgraph* graph) {
    double ms[batches];
    for (int i = 0; i < batches; ++i) {
        ms[i] = compute(backend, graph);
        if (ms[i] > long_ms) return ms[i];
    }
    qsort(ms, batches, sizeof *ms, by_value);
    return ms[batches / 2];
}

static void quiet(enum ggml_log_level level, const char* text, void* user) {
    (void)user;
    if (level >= GGML_LOG_LEVEL_ERROR) fputs(text, stderr);
}

int main(int argc, char** argv) {
    if (argc < 5 || argc - 4 > max_tensors) fail("usage", "peer_ggml OP OUT PARAM TENSOR...");
    ggml_log_set(quiet, NULL);
    ggml_backend_load_all();
    ggml_backend_dev_t device = NULL;
    for (size_t i = 0; i < ggml_backend_dev_count() && !device; ++i)
        if (strncmp(ggml_backend_dev_name(ggml_backend_dev_get(i)), "Vulkan", 6) == 0) device = ggml_backend_dev_get(i);
    if (!device) fail("no device of the backend", "Vulkan");
    ggml_backend_t backend = ggml_backend_dev_init(device, NULL);

    const struct ggml_init_params sizes = {ggml_tensor_overhead() * 64 + 2 * ggml_graph_overhead_custom(max_nodes * max_repeats, false), NULL, true};
    struct ggml_context* ctx = ggml_init(sizes);
    struct ggml_tensor* x[max_tensors] = {NULL, NULL, NULL};
    const char* files[max_tensors];
    for (int i = 4; i < argc; ++i) x[i - 4] = declare(ctx, argv[i], &files[i - 4]);
    struct ggml_tensor* y = apply(ctx, argv[1], strtof(argv[3], NULL), x);
    struct ggml_cgraph* once = ggml_new_graph_custom(ctx, max_nodes, false);
    ggml_build_forward_expand(once, y);
    for (int i = 0; i < ggml_graph_n_nodes(once); ++i)
        if (!ggml_backend_supports_op(backend, ggml_graph_node(once, i))) fail("the device cannot compute", argv[1]);
    if (!ggml_backend_alloc_ctx_tensors(ctx, backend)) fail("no memory for", argv[1]);
    for (int i = 4; i < argc; ++i) upload(x[i - 4], files[i - 4]);

    const double first = compute(backend, once);
    const size_t size = ggml_nbytes(y);
    char* result = malloc(size);
    ggml_backend_tensor_get(y, result, 0, size);
    FILE* out = fopen(argv[2], "wb");
    if (!out || fwrite(result, 1, size, out) != size || fclose(out) != 0) fail("cannot write", argv[2]);
    free(result);
    printf("%s\n%.3f\n", ggml_backend_dev_description(device), first);
    fflush(stdout);

    const double each = compute(backend, once);
    const int repeats = each * max_repeats < batch_ms ? max_repeats : each > batch_ms ? 1 : (int)(batch_ms / each);
    struct ggml_cgraph* many = ggml_new_graph_custom(ctx, max_nodes * max_repeats, false);
    for (int r = 0; r < repeats; ++r)
        for (int i = 0; i < ggml_graph_n_nodes(once); ++i) ggml_graph_add_node(many, ggml_graph_node(once, i));
    compute(backend, many);
    for (int c = getchar(); c != EOF; c = getchar())
        if (c == '\n') {
            printf("%.6f\n", median_ms(backend, many) / repeats);
            fflush(stdout);
        }
    ggml_free(ctx);
    ggml_backend_free(backend);
    return 0;
}
