// SPDX-License-Identifier: MIT
#include "api/handles.hpp"

#include <optional>

namespace hekla::api {
namespace {

DType from_c(hekla_dtype type) {
    switch (type) {
        case HEKLA_F32:
            return DType::f32;
        case HEKLA_I32:
            return DType::i32;
        case HEKLA_I64:
            return DType::i64;
        case HEKLA_BOOL:
            return DType::boolean;
        case HEKLA_F16:
            return DType::f16;
        default:
            throw Error(ErrorCode::invalid_argument,
                        "unknown hekla_dtype " + std::to_string(static_cast<int>(type)));
    }
}

/// The names in a hekla_run_desc or a hekla_warm_desc.
template <typename Desc>
std::span<const char* const> outputs_of(const Desc& desc) {
    for (std::uint32_t i = 0; i < desc.output_count; ++i)
        need(need(desc.outputs, "`outputs`")[i], "an output's name");
    return {desc.outputs, desc.output_count};
}

template <typename Desc>
execute::Progress progress_of(const Desc& desc) {
    if (!desc.progress) return {};
    return [progress = desc.progress, user = desc.user](
               const char* what, std::uint64_t done, std::uint64_t total) {
        return progress(user, what, done, total) != 0;
    };
}

void fill_shape(hekla_tensor& out, const execute::OutputInfo& info) {
    if (info.shape.size() > HEKLA_MAX_RANK)
        throw Error(ErrorCode::unsupported,
                    "the output has more than " + std::to_string(HEKLA_MAX_RANK) + " axes");
    out.dtype = to_c(info.dtype);
    out.rank = static_cast<std::uint32_t>(info.shape.size());
    std::copy(info.shape.begin(), info.shape.end(), out.shape);
}

}  // namespace
}  // namespace hekla::api

using namespace hekla;
using namespace hekla::api;

hekla_result hekla_context_create(hekla_model* model, const hekla_context_desc* given,
                                  hekla_context** out, hekla_error* error) {
    return guarded(error, [&] {
        *need(out, "`out`") = nullptr;
        need(model, "`model`");
        const hekla_context_desc desc = sized(given);
        std::vector<std::pair<std::string, std::int64_t>> capacity;
        for (std::uint32_t i = 0; i < desc.capacity_count; ++i)
            capacity.emplace_back(need(need(desc.capacity, "`capacity`")[i].name, "a dim's name"),
                                  desc.capacity[i].value);
        auto context = std::make_unique<hekla_context>();
        context->model = model->model;
        context->context =
            std::make_unique<execute::Context>(model->model, capacity, desc.timed != 0);
        *out = context.release();
        return HEKLA_OK;
    });
}

void hekla_context_destroy(hekla_context* context) { delete context; }

hekla_result hekla_context_set_input(hekla_context* context, const char* name,
                                     const hekla_tensor* tensor, hekla_error* error) {
    return guarded(error, [&] {
        need(context, "`context`");
        need(tensor, "`tensor`");
        if (tensor->rank > HEKLA_MAX_RANK)
            throw Error(ErrorCode::invalid_argument,
                        "a tensor has at most " + std::to_string(HEKLA_MAX_RANK) + " axes");
        if (!tensor->data && tensor->size_bytes > 0)
            throw Error(ErrorCode::invalid_argument, "the tensor's data is null");
        context->context->set_input(
            need(name, "`name`"),
            {from_c(tensor->dtype),
             {tensor->shape, tensor->rank},
             {static_cast<const std::byte*>(tensor->data), tensor->size_bytes}});
        return HEKLA_OK;
    });
}

hekla_result hekla_context_warm(hekla_context* context, const hekla_warm_desc* given,
                                hekla_error* error) {
    return guarded(error, [&] {
        need(context, "`context`");
        const hekla_warm_desc desc = sized(given);
        std::vector<std::pair<std::string, std::int64_t>> dims;
        for (std::uint32_t i = 0; i < desc.dim_count; ++i)
            dims.emplace_back(need(need(desc.dims, "`dims`")[i].name, "a dim's name"),
                              desc.dims[i].value);
        context->context->warm(dims, outputs_of(desc), progress_of(desc));
        return HEKLA_OK;
    });
}

hekla_result hekla_context_run(hekla_context* context, const hekla_run_desc* given,
                               hekla_error* error) {
    return guarded(error, [&] {
        need(context, "`context`");
        const hekla_run_desc desc = sized(given);
        const auto outputs = outputs_of(desc);
        context->trace.clear();
        const auto result = context->context->run(outputs, desc.timeout_ns, progress_of(desc));
        return result == execute::RunResult::cancelled
                   ? fail(error, HEKLA_CANCELLED, "the run was cancelled")
                   : HEKLA_OK;
    });
}

void hekla_context_cancel(hekla_context* context) {
    if (context) context->context->cancel();
}

hekla_result hekla_context_reset(hekla_context* context, hekla_error* error) {
    return guarded(error, [&] {
        need(context, "`context`")->context->reset();
        return HEKLA_OK;
    });
}

hekla_result hekla_context_position(const hekla_context* context, const char* dim, int64_t* out,
                                    hekla_error* error) {
    return guarded(error, [&] {
        *need(out, "`out`") = need(context, "`context`")->context->position(need(dim, "`dim`"));
        return HEKLA_OK;
    });
}

hekla_result hekla_context_output_shape(hekla_context* context, const char* name, hekla_tensor* out,
                                        hekla_error* error) {
    return guarded(error, [&] {
        fill_shape(*need(out, "`out`"),
                   need(context, "`context`")->context->output(need(name, "`name`")));
        return HEKLA_OK;
    });
}

hekla_result hekla_context_read(hekla_context* context, const char* name, hekla_tensor* out,
                                hekla_error* error) {
    return guarded(error, [&] {
        need(context, "`context`");
        need(out, "`out`");
        const execute::OutputInfo& info = context->context->output(need(name, "`name`"));
        context->context->read(
            name, {static_cast<std::byte*>(need(out->data, "the tensor's data")), out->size_bytes});
        fill_shape(*out, info);
        return HEKLA_OK;
    });
}

hekla_result hekla_context_trace(hekla_context* context, const hekla_trace_step** out,
                                 uint32_t* count, hekla_error* error) {
    return guarded(error, [&] {
        need(context, "`context`");
        if (context->trace.empty())
            for (const execute::TraceStep& step : context->context->trace())
                context->trace.push_back({step.node->c_str(), step.kernel->c_str(), step.begin_ns,
                                          step.end_ns, step.bytes, step.flops});
        *need(out, "`out`") = context->trace.data();
        *need(count, "`count`") = static_cast<std::uint32_t>(context->trace.size());
        return HEKLA_OK;
    });
}
