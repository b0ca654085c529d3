// SPDX-License-Identifier: MIT
#include "api/handles.hpp"

#include <algorithm>

namespace hekla::api {
namespace {

std::vector<std::string> split_commas(const char* text) {
    std::vector<std::string> out;
    if (!text) return out;
    std::string_view rest(text);
    while (!rest.empty()) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        if (comma > 0) out.emplace_back(rest.substr(0, comma));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return out;
}

execute::ModelOptions options_of(const hekla_model_desc& desc) {
    execute::ModelOptions options;
    if (desc.graph_path) options.graph_path = desc.graph_path;
    if (desc.graph_text)
        options.graph_text =
            std::string(desc.graph_text, desc.graph_text_bytes > 0 ? desc.graph_text_bytes
                                                                   : std::strlen(desc.graph_text));
    for (std::uint32_t i = 0; i < desc.graph_folder_count; ++i)
        options.graph_folders.emplace_back(
            need(need(desc.graph_folders, "`graph_folders`")[i], "a graph folder"));
    if (desc.checkpoint) options.checkpoint = desc.checkpoint;
    if (desc.weights_data)
        options.weights_data = {static_cast<const std::byte*>(desc.weights_data),
                                desc.weights_bytes};
    if (desc.config_path) options.config_path = desc.config_path;
    if (desc.config_text) options.config_text = desc.config_text;
    if (desc.entry) options.entry = desc.entry;
    for (std::uint32_t i = 0; i < desc.set_count; ++i) {
        const std::string_view setting = need(need(desc.set, "`set`")[i], "a setting");
        const std::size_t equals = setting.find('=');
        if (equals == std::string_view::npos || equals == 0)
            throw Error(ErrorCode::invalid_argument,
                        "`" + std::string(setting) + "` sets nothing; write name=value");
        options.set.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
    }
    options.max_memory_bytes = desc.max_memory_bytes;
    if (desc.progress)
        options.progress = [progress = desc.progress, user = desc.user](
                               const char* what, std::uint64_t done, std::uint64_t total) {
            return progress(user, what, done, total) != 0;
        };
    options.force_kernels = split_commas(desc.force_kernels);
    options.fuse = desc.no_fusion == 0;
    options.random_weights = desc.random_weights;
    options.plan_only = desc.plan_only != 0;
    options.in_background = desc.in_background != 0;
    return options;
}

std::vector<std::pair<std::string, std::int64_t>> dims_of(const hekla_dim_value* dims,
                                                          std::uint32_t count) {
    std::vector<std::pair<std::string, std::int64_t>> out;
    for (std::uint32_t i = 0; i < count; ++i)
        out.emplace_back(need(need(dims, "`dims`")[i].name, "a dim's name"), dims[i].value);
    return out;
}

hekla_result port(const hekla_model* model, uint32_t index, bool input, hekla_port_info* out) {
    const graph::Graph& graph = need(model, "`model`")->model->graph();
    const std::size_t count = input ? graph.inputs.size() : graph.outputs.size();
    if (index >= count)
        throw Error(ErrorCode::not_found, "there is no port number " + std::to_string(index));
    const graph::Value& value =
        graph.values[input ? graph.inputs[index].value : graph.outputs[index].value];
    *need(out, "`out`") = {};
    set_text(out->name, input ? graph.inputs[index].name : graph.outputs[index].name);
    out->dtype = to_c(value.type.dtype);
    std::vector<std::string> names;
    for (const graph::Symbol& symbol : graph.symbols) names.push_back(symbol.name);
    std::string shape;
    for (const graph::Dim& size : value.type.shape)
        shape += (shape.empty() ? "" : ", ") + size.text(names);
    set_text(out->shape, shape);
    out->optional = input && graph.inputs[index].fill ? 1 : 0;
    return HEKLA_OK;
}

}  // namespace

hekla_dtype to_c(DType type) {
    if (is_floating(type)) return HEKLA_F32;
    return type == DType::boolean ? HEKLA_BOOL : HEKLA_I32;
}

}  // namespace hekla::api

using namespace hekla;
using namespace hekla::api;

hekla_result hekla_model_load(hekla_device* device, const hekla_model_desc* given,
                              hekla_model** out, hekla_error* error) {
    return guarded(error, [&] {
        *need(out, "`out`") = nullptr;
        need(device, "`device`");
        const execute::ModelOptions options = options_of(sized(need(given, "`desc`")));
        auto model = std::make_unique<hekla_model>();
        model->model = std::make_shared<execute::Model>(device->device, device->catalogue, options);
        *out = model.release();
        return HEKLA_OK;
    });
}

void hekla_model_destroy(hekla_model* model) { delete model; }

const char* hekla_model_name(const hekla_model* model) {
    return model ? model->model->graph().name.c_str() : "";
}

uint32_t hekla_model_dim_count(const hekla_model* model) {
    return model ? static_cast<std::uint32_t>(model->model->graph().symbols.size()) : 0;
}

hekla_result hekla_model_dim(const hekla_model* model, uint32_t index, hekla_dim_info* out,
                             hekla_error* error) {
    return guarded(error, [&] {
        const auto& symbols = need(model, "`model`")->model->graph().symbols;
        if (index >= symbols.size())
            throw Error(ErrorCode::not_found, "there is no dim number " + std::to_string(index));
        *need(out, "`out`") = {};
        set_text(out->name, symbols[index].name);
        out->max = symbols[index].max;
        out->multiple = symbols[index].multiple;
        out->carried = symbols[index].is_state ? 1 : 0;
        return HEKLA_OK;
    });
}

uint32_t hekla_model_input_count(const hekla_model* model) {
    return model ? static_cast<std::uint32_t>(model->model->graph().inputs.size()) : 0;
}

hekla_result hekla_model_input(const hekla_model* model, uint32_t index, hekla_port_info* out,
                               hekla_error* error) {
    return guarded(error, [&] { return port(model, index, true, out); });
}

uint32_t hekla_model_output_count(const hekla_model* model) {
    return model ? static_cast<std::uint32_t>(model->model->graph().outputs.size()) : 0;
}

hekla_result hekla_model_output(const hekla_model* model, uint32_t index, hekla_port_info* out,
                                hekla_error* error) {
    return guarded(error, [&] { return port(model, index, false, out); });
}

hekla_result hekla_model_memory(hekla_model* model, const hekla_dim_value* dims, uint32_t dim_count,
                                hekla_memory_report* out, hekla_error* error) {
    return guarded(error, [&] {
        need(model, "`model`");
        const execute::MemoryReport report =
            execute::Context::preflight(*model->model, dims_of(dims, dim_count));
        hekla_memory_report filled{};
        filled.weight_bytes = report.weight_bytes;
        filled.state_bytes = report.state_bytes;
        filled.arena_bytes = report.arena_bytes;
        filled.arena_live_bytes = report.arena_live_bytes;
        filled.arena_sum_bytes = report.arena_sum_bytes;
        filled.io_bytes = report.io_bytes;
        filled.available_bytes = model->model->device()->info().memory_budget_bytes;
        filled.dispatch_count = report.dispatch_count;
        filled.barrier_count = report.barrier_count;
        filled.peak_bytes = report.peak_bytes;
        filled.constant_bytes = report.constant_bytes;
        give(out, filled);
        return HEKLA_OK;
    });
}

hekla_result hekla_model_plan(hekla_model* model, const hekla_dim_value* dims, uint32_t dim_count,
                              const char* const* outputs, uint32_t output_count,
                              int (*step)(void* user, const hekla_plan_step* step), void* user,
                              hekla_error* error) {
    return guarded(error, [&] {
        need(model, "`model`");
        need(step, "`step`");
        std::vector<std::string> names;
        for (std::uint32_t i = 0; i < output_count; ++i)
            names.emplace_back(need(need(outputs, "`outputs`")[i], "an output's name"));
        const plan::Plan plan =
            model->model->plan(model->model->symbols_of(dims_of(dims, dim_count)), names, true);
        for (std::size_t i = 0; i < plan.dispatches.size(); ++i) {
            const plan::Dispatch& dispatch = plan.dispatches[i];
            hekla_plan_step told{};
            told.once = i < plan.once_count ? 1 : 0;
            told.node = dispatch.path.c_str();
            told.op = dispatch.op->name.c_str();
            told.kernel = dispatch.kernel->name.c_str();
            told.others = dispatch.others.c_str();
            std::copy_n(dispatch.groups, 3, told.groups);
            std::copy_n(dispatch.spec.begin(), 3, told.local);
            told.bytes = dispatch.bytes;
            told.flops = dispatch.flops;
            told.cost = dispatch.cost;
            told.predicted_us = plan::least_ns(dispatch, model->model->device()->traits().costs) / 1000;
            if (!step(user, &told)) break;
        }
        return HEKLA_OK;
    });
}
