// SPDX-License-Identifier: MIT
#include "tool/tool.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <memory>

namespace hekla::tool {
namespace {

struct WarmArguments {
    ModelArguments model;
    std::vector<std::string> dims, then, only, capacity;
};

int warm(const WarmArguments& arguments) {
    const Runtime runtime = open_runtime(arguments.model);
    const Device device = open_device(runtime, arguments.model);
    const Model model = load_model(device, arguments.model);
    const auto values = [](const Sizes& sizes) {
        std::vector<hekla_dim_value> out;
        for (const auto& [name, value] : sizes) out.push_back({name.c_str(), value});
        return out;
    };
    const Sizes capacity = parse_sizes(arguments.capacity), first = parse_sizes(arguments.dims);
    Sizes later = first;
    for (const auto& [name, value] : parse_sizes(arguments.then)) later[name] = value;
    Context context(model, values(capacity));
    std::vector<const char*> outputs;
    for (const std::string& name : arguments.only) outputs.push_back(name.c_str());

    const auto start = std::chrono::steady_clock::now();
    const hekla_progress progress = isatty(STDERR_FILENO) ? show_progress : nullptr;
    context.warm(values(first), outputs, progress);
    if (!arguments.then.empty()) context.warm(values(later), outputs, progress);
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    fmt::print("{} on {}: ready after {:.2f} s\n", model.name(), device.info().id, seconds);
    return exit_ok;
}

}  // namespace

void add_warm(CLI::App& app, Action& action) {
    auto arguments = std::make_shared<WarmArguments>();
    CLI::App* command = app.add_subcommand(
        "warm",
        "Compile a model's kernels ahead, so that its first run in a later process is fast");
    add_model_options(*command, arguments->model);
    command
        ->add_option("--dims", arguments->dims,
                     "Sizes of the runs to come, e.g. --dims T=128 (a dim not named is 1)")
        ->allow_extra_args(false);
    command
        ->add_option("--then", arguments->then, "Sizes of later runs where they differ, e.g. T=1")
        ->allow_extra_args(false);
    command
        ->add_option("--capacity", arguments->capacity,
                     "Largest value of a carried dim, e.g. P=512")
        ->allow_extra_args(false);
    command->add_option("--only", arguments->only, "The output that the runs will ask for")
        ->allow_extra_args(false);
    command->footer(
        "Nothing is computed. What drivers keep on disk, and the pipeline cache in the user's "
        "cache\n"
        "folder, is found by later processes. A text model: hekla warm --model DIR --dims T=128 "
        "--then T=1 --only last");
    command->callback([&action, arguments] { action = [arguments] { return warm(*arguments); }; });
}

}  // namespace hekla::tool
