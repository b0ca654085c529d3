// SPDX-License-Identifier: MIT
#include "tool/tool.hpp"

#include "base/diagnostic.hpp"
#include "base/file.hpp"
#include "graph/check.hpp"
#include "graph/parse.hpp"
#include "ops/entry.hpp"
#include "weights/checkpoint.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>
#include <utility>

namespace hekla::tool {
namespace {

struct CheckArguments {
    ModelArguments model;
    std::vector<std::string> files, dims;
    std::int64_t max_repeat = graph::Limits{}.max_repeat;
    bool json = false;
};

/// Checks one file; complaints go to `out`.
void check_file(const std::string& path, const CheckArguments& arguments,
                const ops::Catalogue& catalogue, const weights::Checkpoint* checkpoint,
                Diagnostics& out) {
    graph::Limits limits;
    limits.max_repeat = arguments.max_repeat;
    const auto file = graph::parse_graph_file(
        std::make_shared<Source>(path, read_whole_file(path, limits.max_bytes)), out, limits);
    if (!file || out.has_errors()) return;
    std::vector<std::string> entries = graph::entry_names(*file);
    if (!arguments.model.entry.empty()) entries = {arguments.model.entry};
    for (const std::string& entry : entries) {
        graph::CheckOptions options;
        options.checkpoint = checkpoint;
        options.entry = entry;
        options.limits = limits;
        for (const std::string& setting : arguments.model.set) {
            const std::size_t equals = setting.find('=');
            if (equals == std::string::npos || equals == 0)
                throw Error(ErrorCode::invalid_argument,
                            "`" + setting + "` sets nothing; write name=value");
            options.set.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
        }
        graph::check(*file, catalogue, options, out);
    }
}

int check(const CheckArguments& arguments) {
    if (!arguments.model.device.empty()) {
        ModelArguments model = arguments.model;
        if (arguments.files.size() > 1)
            throw Error(ErrorCode::invalid_argument, "with --device, check one graph file at a time");
        if (!arguments.files.empty()) {
            model.graph = arguments.files[0];
            if (model.weights.empty()) model.weights = std::exchange(model.model, {});
        }
        return preflight(model, arguments.dims, arguments.json);
    }
    if (arguments.files.empty())
        throw Error(ErrorCode::invalid_argument, "give graph files to check, or a model and a --device");
    const ops::Catalogue catalogue = ops::Catalogue::built_in();
    std::unique_ptr<weights::Checkpoint> checkpoint;
    const std::optional<std::filesystem::path> config =
        arguments.model.config.empty()
            ? std::nullopt
            : std::optional<std::filesystem::path>(arguments.model.config);
    const std::string& weights =
        arguments.model.model.empty() ? arguments.model.weights : arguments.model.model;
    if (!weights.empty())
        checkpoint = weights::Checkpoint::open(weights, config);
    else if (config)
        checkpoint = weights::Checkpoint::open_config(*config);

    bool bad = false;
    Diagnostics all;
    for (const std::string& path : arguments.files) {
        Diagnostics found;
        check_file(path, arguments, catalogue, checkpoint.get(), found);
        bad = bad || found.has_errors();
        for (const Diagnostic& diagnostic : found.list()) all.add(diagnostic);
    }
    if (arguments.json)
        fmt::print("{}\n", all.json());
    else if (!all.empty())
        fmt::print(stderr, "{}", all.text(isatty(STDERR_FILENO)));
    if (!bad && !arguments.json)
        fmt::print("{}\n", arguments.files.size() == 1
                               ? arguments.files[0] + ": no complaints"
                               : fmt::format("{} files: no complaints", arguments.files.size()));
    return bad ? exit_bad_file : exit_ok;
}

}  // namespace

void add_check(CLI::App& app, Action& action) {
    auto arguments = std::make_shared<CheckArguments>();
    CLI::App* command = app.add_subcommand(
        "check", "Check graph files: names, shapes, types, and the weights they are for");
    command->add_option("files", arguments->files, "Graph files (YAML or JSON)")
        ->check(CLI::ExistingFile);
    command->add_option(
        "--weights", arguments->model.weights,
        "Compare with the tensors of this file or folder; its config.json sizes the params");
    command->add_option("--config", arguments->model.config, "config.json that sizes the params")
        ->check(CLI::ExistingFile);
    command->add_option("--entry", arguments->model.entry,
                        "Only this one of the file's `entries:`");
    command->add_option("--set", arguments->model.set, "name=value: a param's value")
        ->allow_extra_args(false);
    command->add_option("--max-repeat", arguments->max_repeat, "Turns that one repeat may take")
        ->check(CLI::PositiveNumber);
    command->add_flag("--json", arguments->json, "Complaints as a JSON array on stdout");
    command->add_option("--model", arguments->model.model, "The same as --weights");
    command->add_option("--device", arguments->model.device,
                        "Preflight: what a run takes on this device, before anything is allocated; the graph may be left out");
    command
        ->add_option("--profile", arguments->model.profile,
                     "With --device: baseline forgets every optional feature of it")
        ->check(CLI::IsMember({"baseline", "full"}));
    command
        ->add_option("--dims", arguments->dims, "With --device: sizes of the run, e.g. T=128 (a dim not named is 1, a carried one its max)")
        ->allow_extra_args(false);
    command->add_option("--max-memory", arguments->model.max_memory,
                        "With --device: compare with this instead of what the device has free");
    command->footer("Exit codes: 0 no complaints; 1 it does not fit the device; 3 something is wrong in a file.");
    command->callback([&action, arguments] { action = [arguments] { return check(*arguments); }; });
}

}  // namespace hekla::tool
