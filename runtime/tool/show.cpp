// SPDX-License-Identifier: MIT
#include "tool/drawing.hpp"
#include "tool/show_plan.hpp"
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

#include <memory>

namespace hekla::tool {
namespace {

struct ShowArguments {
    std::string file, weights, config, entry, format = "text", output;
    std::vector<std::string> set;
    bool plan = false;
    PlanArguments of_plan;
};

/// The plan's options are those of the graph, and its own.
int show_plan(const ShowArguments& arguments) {
    PlanArguments plan = arguments.of_plan;
    plan.model.graph = arguments.file;
    (arguments.file.empty() ? plan.model.model : plan.model.weights) = arguments.weights;
    plan.model.config = arguments.config;
    plan.model.entry = arguments.entry;
    plan.model.set = arguments.set;
    return tool::show_plan(plan);
}

std::string text_of(const ShownGraph& graph) {
    std::string out =
        fmt::format("{}{}\n", graph.name, graph.entry.empty() ? "" : " (" + graph.entry + ")");
    const auto section = [&](const char* title, const std::vector<ShownLine>& lines) {
        if (lines.empty()) return;
        out += fmt::format("\n{}\n", title);
        std::size_t width = 0;
        for (const ShownLine& line : lines) width = std::max(width, line.name.size());
        for (const ShownLine& line : lines)
            out += fmt::format("  {:<{}}  {}{}\n", line.name, width, line.text,
                               line.type.empty() ? "" : "  -> " + line.type);
    };
    section("dims", graph.dims);
    section("inputs", graph.inputs);
    section("state", graph.states);
    section("weights", graph.weights);
    section("nodes", graph.nodes);
    section("outputs", graph.outputs);
    return out;
}

std::string json_of(const ShownGraph& graph) {
    const auto list = [](const std::vector<ShownLine>& lines) {
        auto out = nlohmann::ordered_json::array();
        for (const ShownLine& line : lines) {
            nlohmann::ordered_json item = {{"name", line.name}, {"text", line.text}};
            if (!line.type.empty()) item["type"] = line.type;
            if (!line.from.empty()) item["inputs"] = line.from;
            out.push_back(std::move(item));
        }
        return out;
    };
    return nlohmann::ordered_json{{"name", graph.name},          {"entry", graph.entry},
                                  {"dims", list(graph.dims)},    {"inputs", list(graph.inputs)},
                                  {"state", list(graph.states)}, {"weights", list(graph.weights)},
                                  {"nodes", list(graph.nodes)},  {"outputs", list(graph.outputs)}}
               .dump(2) +
           "\n";
}

int show(const ShowArguments& arguments) {
    if (arguments.plan) return show_plan(arguments);
    if (arguments.file.empty())
        throw Error(ErrorCode::invalid_argument, "give a graph file, or a --model and --plan");
    const ops::Catalogue catalogue = ops::Catalogue::built_in();
    std::unique_ptr<weights::Checkpoint> checkpoint;
    const std::optional<std::filesystem::path> config =
        arguments.config.empty() ? std::nullopt
                                 : std::optional<std::filesystem::path>(arguments.config);
    if (!arguments.weights.empty())
        checkpoint = weights::Checkpoint::open(arguments.weights, config);
    else if (config)
        checkpoint = weights::Checkpoint::open_config(*config);

    Diagnostics diagnostics;
    const auto file = graph::parse_graph_file(
        std::make_shared<Source>(arguments.file,
                                 read_whole_file(arguments.file, graph::Limits{}.max_bytes)),
        diagnostics);
    graph::CheckOptions options;
    options.checkpoint = checkpoint.get();
    options.entry = arguments.entry;
    for (const std::string& setting : arguments.set) {
        const std::size_t equals = setting.find('=');
        if (equals == std::string::npos || equals == 0)
            throw Error(ErrorCode::invalid_argument,
                        "`" + setting + "` sets nothing; write name=value");
        options.set.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
    }
    std::optional<graph::Graph> graph;
    if (file && !diagnostics.has_errors())
        graph = graph::check(*file, catalogue, options, diagnostics);
    if (!diagnostics.empty()) fmt::print(stderr, "{}", diagnostics.text(isatty(STDERR_FILENO)));
    if (!graph || diagnostics.has_errors()) return exit_bad_file;

    const ShownGraph shown = describe(*graph);
    const std::string text = arguments.format == "dot"    ? dot_of(shown)
                             : arguments.format == "svg"  ? svg_of(shown)
                             : arguments.format == "json" ? json_of(shown)
                                                          : text_of(shown);
    if (arguments.output.empty())
        fmt::print("{}", text);
    else
        write_file_atomically(arguments.output, std::string_view(text));
    return exit_ok;
}

}  // namespace

void add_show(CLI::App& app, Action& action) {
    auto arguments = std::make_shared<ShowArguments>();
    CLI::App* command = app.add_subcommand(
        "show", "Print the expanded graph: every node with its path, call and shape");
    command
        ->add_option("file", arguments->file,
                     "Graph file; with --plan and --model it may be left out")
        ->check(CLI::ExistingFile);
    command->add_option("--weights,--model", arguments->weights,
                        "Checkpoint that sizes the params");
    command->add_option("--config", arguments->config, "config.json that sizes the params")
        ->check(CLI::ExistingFile);
    command->add_option("--entry", arguments->entry, "Which of the file's `entries:`");
    command->add_option("--set", arguments->set, "name=value: a param's value")
        ->allow_extra_args(false);
    command->add_option("--format", arguments->format, "text, json, dot (for Graphviz) or svg")
        ->check(CLI::IsMember({"text", "json", "dot", "svg"}));
    command->add_option("-o,--output", arguments->output, "File to write; left out: stdout");
    PlanArguments& plan = arguments->of_plan;
    command->add_flag("--plan", arguments->plan,
                      "The dispatches of a run instead: what each node became, the kernel taken, and why");
    const auto repeatable = [&](const char* name, std::vector<std::string>& values, const char* what) {
        command->add_option(name, values, what)->allow_extra_args(false);
    };
    command->add_option("--device", plan.model.device, "With --plan: the device, e.g. vulkan:0");
    command->add_option("--profile", plan.model.profile, "With --plan: baseline forgets every optional feature")
        ->check(CLI::IsMember({"baseline", "full"}));
    command->add_flag("--no-fusion", plan.model.no_fusion, "With --plan: one dispatch per node");
    repeatable("--dims", plan.dims, "With --plan: sizes of the run, e.g. T=128 (a dim not named is 1)");
    repeatable("--then", plan.then, "With --plan: sizes of the run shown, after one of --dims, e.g. T=1");
    repeatable("--capacity", plan.capacity, "With --plan: largest value of a carried dim, e.g. P=512");
    repeatable("--only", plan.only, "With --plan: the output computed");
    command->add_option("--random-weights", plan.random_weights,
                        "With --plan, without a checkpoint: weights are f16, or f32")
        ->check(CLI::IsMember({"f32", "f16"}));
    command->add_option("--below", plan.below, "With --measure: integer inputs are drawn below this")
        ->check(CLI::PositiveNumber);
    command->add_flag("--measure", plan.measure, "With --plan: run it too, and show what each dispatch took");
    command->add_flag("--json", plan.json, "With --plan: for programs");
    command->callback([&action, arguments] { action = [arguments] { return show(*arguments); }; });
}

}  // namespace hekla::tool
