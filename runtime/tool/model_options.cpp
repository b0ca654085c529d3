// SPDX-License-Identifier: MIT
#include "tool/tool.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace hekla::tool {
namespace {

/// Where plugins lie relative to this program, in a build folder and in an install tree.
std::vector<std::string> own_plugin_folders() {
    std::error_code failed;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
    if (failed) return {};
    std::vector<std::string> out;
    for (const char* relative : {"../lib", "../lib/hekla"})
        if (const auto folder = (self.parent_path() / relative).lexically_normal();
            std::filesystem::is_directory(folder, failed))
            out.push_back(folder.string());
    return out;
}

std::string cache_folder() {
    if (const char* folder = std::getenv("XDG_CACHE_HOME"); folder && folder[0] == '/')
        return std::string(folder) + "/hekla";
    if (const char* home = std::getenv("HOME"); home && home[0] == '/')
        return std::string(home) + "/.cache/hekla";
    return {};
}

void log_to_stderr(void*, hekla_severity severity, const char* text) {
    static constexpr const char* names[] = {"debug", "info", "warning", "error"};
    const char* wanted = std::getenv("HEKLA_LOG");
    const int least = !wanted                               ? HEKLA_WARNING
                      : std::string_view(wanted) == "debug" ? HEKLA_DEBUG
                      : std::string_view(wanted) == "info"  ? HEKLA_INFO
                                                            : HEKLA_WARNING;
    if (severity >= least && severity <= HEKLA_SEVERITY_ERROR)
        std::fprintf(stderr, "hekla: %s: %s\n", names[severity], text);
}

}  // namespace

int show_progress(void*, const char* what, std::uint64_t done, std::uint64_t total) {
    const int percent = total == 0 ? 100 : static_cast<int>(done * 100 / total);
    std::fprintf(stderr, "\r%s %3d %%%s", what, percent, done >= total ? "\r\033[K" : "");
    return 1;
}

void add_model_options(CLI::App& command, ModelArguments& arguments) {
    command
        .add_option("graph", arguments.graph,
                    "Graph file; left out: found by what the checkpoint says it is")
        ->check(CLI::ExistingFile);
    command.add_option("--model", arguments.model,
                       "Checkpoint: a Hugging Face style folder, or a weight file");
    command.add_option("--weights", arguments.weights, "Weights for GRAPH: a file or folder");
    command.add_option("--config", arguments.config, "config.json other than the checkpoint's own")
        ->check(CLI::ExistingFile);
    command.add_option("--entry", arguments.entry, "Which of the file's `entries:`");
    command
        .add_option("--set", arguments.set, "name=value: a param's value, above the checkpoint's")
        ->allow_extra_args(false);
    command.add_option(
        "--device", arguments.device,
        "A device as `hekla devices` prints it (cpu, vulkan:0), or part of its name");
    command
        .add_option("--profile", arguments.profile,
                    "baseline: forget every optional feature of the device")
        ->check(CLI::IsMember({"baseline", "full"}));
    command
        .add_option("--plugins", arguments.plugin_folders, "Another folder to look for backends in")
        ->allow_extra_args(false);
    command.add_option("--max-memory", arguments.max_memory,
                       "Device memory that may be taken, e.g. 512M; where it is scarce, slower kernels are taken that need less");
    command.add_option(
        "--kernels", arguments.force_kernels,
        "Kernels to take wherever they apply, with commas between (for measurements)");
    command.add_flag("--no-fusion", arguments.no_fusion,
                     "One dispatch per node (for measurements)");
}

Runtime open_runtime(const ModelArguments& arguments) {
    std::vector<std::string> folders = own_plugin_folders();
    for (const std::string& folder : arguments.plugin_folders)
        folders.push_back(std::filesystem::absolute(folder).string());
    std::vector<const char*> pointers;
    for (const std::string& folder : folders) pointers.push_back(folder.c_str());
    hekla_runtime_desc desc{};
    desc.plugin_folders = pointers.data();
    desc.plugin_folder_count = static_cast<std::uint32_t>(pointers.size());
    const std::string cache = cache_folder();
    desc.cache_folder = cache.empty() ? nullptr : cache.c_str();
    desc.log = log_to_stderr;
    try {
        return Runtime(desc);
    } catch (const Failure& e) {
        if (e.result() != HEKLA_IO || cache.empty()) throw;
        std::fprintf(stderr, "hekla: warning: no cache is kept: %s\n", e.what());
        desc.cache_folder = nullptr;
        return Runtime(desc);
    }
}

Device open_device(const Runtime& runtime, const ModelArguments& arguments) {
    return Device(runtime, arguments.device, arguments.profile == "baseline");
}

Model load_model(const Device& device, const ModelArguments& arguments, unsigned random_weights,
                 bool plan_only) {
    if (arguments.graph.empty() && arguments.model.empty())
        throw Error(ErrorCode::invalid_argument, "give a graph file, or a checkpoint by --model");
    if (!arguments.model.empty() && !arguments.weights.empty())
        throw Error(ErrorCode::invalid_argument,
                    "--model and --weights both name weights; give one");
    const std::string checkpoint = arguments.model.empty() ? arguments.weights : arguments.model;
    std::vector<const char*> set;
    for (const std::string& setting : arguments.set) set.push_back(setting.c_str());
    hekla_model_desc desc{};
    const auto text = [](const std::string& s) { return s.empty() ? nullptr : s.c_str(); };
    desc.graph_path = text(arguments.graph);
    desc.checkpoint = text(checkpoint);
    desc.config_path = text(arguments.config);
    desc.entry = text(arguments.entry);
    desc.set = set.data();
    desc.set_count = static_cast<std::uint32_t>(set.size());
    desc.max_memory_bytes = arguments.max_memory.empty() ? 0 : parse_bytes(arguments.max_memory);
    desc.progress = isatty(STDERR_FILENO) ? show_progress : nullptr;
    desc.force_kernels = text(arguments.force_kernels);
    desc.no_fusion = arguments.no_fusion ? 1 : 0;
    desc.random_weights = random_weights;
    desc.plan_only = plan_only ? 1 : 0;
    desc.in_background = arguments.in_background ? 1 : 0;
    return Model(device, desc);
}

Sizes parse_sizes(const std::vector<std::string>& settings) {
    Sizes out;
    for (const std::string& setting : settings) {
        const std::size_t equals = setting.find('=');
        std::size_t used = 0;
        const std::string number = equals == std::string::npos ? "" : setting.substr(equals + 1);
        std::int64_t value = 0;
        try {
            value = std::stoll(number, &used);
        } catch (const std::exception&) {
            used = 0;
        }
        if (used == 0 || used != number.size() || value < 1)
            throw Error(ErrorCode::invalid_argument,
                        "`" + setting + "` is no size; write e.g. T=128");
        out[setting.substr(0, equals)] = value;
    }
    return out;
}

std::uint64_t parse_bytes(const std::string& text) {
    std::uint64_t value = 0;
    std::size_t i = 0;
    for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i)
        if (__builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, static_cast<unsigned>(text[i] - '0'), &value))
            throw Error(ErrorCode::invalid_argument, "`" + text + "` is too many bytes");
    std::uint64_t unit = 1;
    const std::string suffix = i == 0 ? text + " " : text.substr(i);  // a number comes first
    if (suffix == "K" || suffix == "k")
        unit = std::uint64_t{1} << 10;
    else if (suffix == "M")
        unit = std::uint64_t{1} << 20;
    else if (suffix == "G")
        unit = std::uint64_t{1} << 30;
    else if (!suffix.empty())
        throw Error(ErrorCode::invalid_argument,
                    "`" + text + "` is no size; write e.g. 512M or 4G");
    if (__builtin_mul_overflow(value, unit, &value))
        throw Error(ErrorCode::invalid_argument, "`" + text + "` is too many bytes");
    return value;
}

}  // namespace hekla::tool
