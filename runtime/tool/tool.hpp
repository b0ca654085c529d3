// SPDX-License-Identifier: MIT
#pragma once

#include "base/error.hpp"
#include "hekla/hekla.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// The `hekla` command. Each file adds one subcommand; results go to stdout, everything else to stderr.
namespace hekla::tool {

/// Exit codes, as `hekla --help` lists them.
enum ExitCode : int {
    exit_ok = 0,
    exit_failed = 1,  ///< the work could not be done: device, memory, files that cannot be written
    exit_usage = 2,   ///< the command line is wrong
    exit_bad_file = 3,  ///< a graph, checkpoint or input file is wrong
};

/// What a subcommand does once the command line is read; its result is the exit code.
using Action = std::function<int()>;

void add_devices(CLI::App& app, Action& action);
void add_check(CLI::App& app, Action& action);
void add_show(CLI::App& app, Action& action);
void add_fmt(CLI::App& app, Action& action);
void add_weights(CLI::App& app, Action& action);
void add_run(CLI::App& app, Action& action);
void add_bench(CLI::App& app, Action& action);
void add_schema(CLI::App& app, Action& action);
void add_warm(CLI::App& app, Action& action);

/// Options that say which model on which device, shared by run and bench.
struct ModelArguments {
    std::string graph;  ///< graph file; empty: found by the checkpoint
    std::string model;  ///< checkpoint folder or file (--model), with the graph found by `serves:`
    std::string weights;  ///< --weights FILE|DIR
    std::string config;
    std::string entry;
    std::vector<std::string> set;
    std::string device;
    std::string profile;  ///< "" or "baseline"
    std::vector<std::string> plugin_folders;
    std::string max_memory;
    std::string force_kernels;
    bool no_fusion = false;
    bool in_background = false;  ///< weights are loaded while the first run's kernels are compiled
};

void add_model_options(CLI::App& command, ModelArguments& arguments);

/// What a run of these sizes ("T=128") takes on a device, before anything is allocated; `exit_failed` if it does not fit.
int preflight(const ModelArguments& arguments, const std::vector<std::string>& dims, bool json);

/// A runtime with the plugins of this installation, and the user's cache folder. Messages of at least warning severity go to stderr
/// (all of them with HEKLA_LOG=debug).
Runtime open_runtime(const ModelArguments& arguments);
Device open_device(const Runtime& runtime, const ModelArguments& arguments);
/// Loads with a progress bar on stderr when that is a terminal. `random_weights` and `plan_only` as in hekla_model_desc.
Model load_model(const Device& device, const ModelArguments& arguments,
                 unsigned random_weights = 0, bool plan_only = false);

/// A hekla_progress that draws a bar on stderr.
int show_progress(void*, const char* what, std::uint64_t done, std::uint64_t total);

using Sizes = std::map<std::string, std::int64_t>;
/// Sizes from texts like "T=128".
Sizes parse_sizes(const std::vector<std::string>& settings);

/// Bytes from text like "512M", "4G", "100000".
std::uint64_t parse_bytes(const std::string& text);

}  // namespace hekla::tool
