// SPDX-License-Identifier: MIT
#include "tool/tool.hpp"
#include "tool/trace.hpp"

#include "base/file.hpp"
#include "weights/checkpoint.hpp"
#include "weights/safetensors_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

namespace hekla::tool {
namespace {

struct RunArguments {
    ModelArguments model;
    std::string inputs, outputs, trace;
    std::vector<std::string> taps, only;
    int repeat = 1;
};

hekla_dtype input_type(const weights::Tensor& tensor) {
    switch (tensor.dtype) {
        case DType::f32:
            return HEKLA_F32;
        case DType::f16:
            return HEKLA_F16;
        case DType::i32:
            return HEKLA_I32;
        case DType::i64:
            return HEKLA_I64;
        case DType::boolean:
            return HEKLA_BOOL;
        default:
            throw Error(ErrorCode::invalid_file, "input `" + tensor.name + "` is " +
                                                     std::string(name_of(tensor.dtype)) +
                                                     "; inputs are f32, f16, i32, i64 or bool");
    }
}

/// Binds every tensor of the file; names that the graph does not take are refused by it.
void set_inputs(Context& context, const std::string& path, const Model& model) {
    const auto ports = model.inputs();
    if (path.empty()) {
        for (const auto& port : ports)
            if (!port.optional)
                throw Error(ErrorCode::invalid_argument,
                            std::string("the graph takes `") + port.name +
                                "`: give a file of inputs by --inputs");
        return;
    }
    const MappedFile file{std::filesystem::path(path)};
    std::unique_ptr<weights::Checkpoint> tensors;
    try {
        tensors = weights::Checkpoint::from_memory(file.bytes(), "{}");
    } catch (const Error& e) {
        throw Error(e.code(), path + ": " + e.what());
    }
    for (const weights::Tensor& tensor : tensors->tensors()) {
        const auto bytes = tensors->bytes(tensor);
        context.set_input(tensor.name.c_str(), input_type(tensor), tensor.shape, bytes);
    }
    for (const auto& port : ports)
        if (!port.optional && !tensors->find(port.name))
            throw Error(ErrorCode::invalid_file, path + " has no tensor `" + port.name +
                                                     "`, which the graph takes as [" + port.shape +
                                                     "]");
}

void write_outputs(const Context& context, const std::vector<std::string>& names,
                   const std::string& path) {
    std::vector<Tensor> tensors;
    for (const std::string& name : names) tensors.push_back(context.read(name.c_str()));
    std::vector<weights::TensorImage> images;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const DType type = tensors[i].dtype == HEKLA_F32    ? DType::f32
                           : tensors[i].dtype == HEKLA_BOOL ? DType::boolean
                                                            : DType::i32;
        images.push_back({{names[i], type, tensors[i].shape}, tensors[i].bytes});
    }
    weights::write_safetensors(path, images);
}

int run(const RunArguments& arguments) {
    const Runtime runtime = open_runtime(arguments.model);
    const Device device = open_device(runtime, arguments.model);
    const Model model = load_model(device, arguments.model);
    std::vector<std::string> names = arguments.only;
    if (names.empty())
        for (const auto& port : model.outputs()) names.emplace_back(port.name);
    for (const std::string& tap : arguments.taps)
        if (std::find(names.begin(), names.end(), tap) == names.end()) names.push_back(tap);
    std::vector<const char*> wanted;
    for (const std::string& name : names) wanted.push_back(name.c_str());

    Context context(model, {}, !arguments.trace.empty());
    set_inputs(context, arguments.inputs, model);
    std::vector<double> milliseconds;
    for (int turn = 0; turn < std::max(arguments.repeat, 1); ++turn) {
        context.reset();
        const auto start = std::chrono::steady_clock::now();
        context.run(wanted);
        milliseconds.push_back(
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
                .count());
    }
    if (!arguments.outputs.empty()) write_outputs(context, names, arguments.outputs);
    if (!arguments.trace.empty()) write_trace(context, model.name(), arguments.trace);
    if (arguments.repeat > 1) {
        const double first = milliseconds.front();
        std::sort(milliseconds.begin() + 1, milliseconds.end());
        fmt::print(stderr, "first run {:.3f} ms, then median {:.3f} ms of {}\n", first,
                   milliseconds[1 + (milliseconds.size() - 1) / 2], milliseconds.size() - 1);
    }
    return exit_ok;
}

}  // namespace

void add_run(CLI::App& app, Action& action) {
    auto arguments = std::make_shared<RunArguments>();
    arguments->model.in_background = true;
    CLI::App* command = app.add_subcommand("run", "Run a graph once: tensors in, tensors out");
    add_model_options(*command, arguments->model);
    command
        ->add_option("--inputs", arguments->inputs,
                     "safetensors file whose tensors have the graph's input names")
        ->check(CLI::ExistingFile);
    command->add_option("--outputs", arguments->outputs,
                        "safetensors file to write; appears whole or not at all");
    command->add_option("--only", arguments->only, "Compute this output alone (repeatable)")
        ->allow_extra_args(false);
    command
        ->add_option("--tap", arguments->taps,
                     "Add an inner value to the outputs by its path, e.g. h[0] (repeatable; `hekla "
                     "show` lists paths)")
        ->allow_extra_args(false);
    command
        ->add_option("--repeat", arguments->repeat,
                     "Run this often from an empty state and tell the times")
        ->check(CLI::PositiveNumber);
    command->add_option("--trace", arguments->trace,
                        "Write a Chrome/Perfetto trace of the last run, a slice per dispatch on "
                        "the device's clock");
    command->footer(
        "Integers may come as int64 (range-checked), booleans as BOOL. See hekla devices for "
        "--device.");
    command->callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace hekla::tool
