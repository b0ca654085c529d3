// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>

namespace hekla::host {

/// What every picture host is told about where and how to run.
struct RunOptions {
    std::string device;      ///< as `hekla devices` prints it; empty: the best
    std::string profile;     ///< "", "full" or "baseline"
    std::string max_memory;  ///< as parse_bytes takes it; empty: no limit but the device's
    bool json = false;       ///< the report on stdout
    bool quiet = false;      ///< no progress, no summary
    std::string command;     ///< the command line, for reports; set by run_host()
    std::string
        recipe;  ///< of it, what decides the pictures: for their PNG text. Not where they go or what runs it, so that the same
                 ///< seed gives the same bytes under another name
};

/// --device, --profile, --max-memory, --json, --quiet, spelled as the `hekla` command spells them.
void add_run_options(CLI::App& app, RunOptions& options);

/// Bytes from text like "512M", "4G", "100000". Throws std::runtime_error.
std::uint64_t parse_bytes(const std::string& text);

/// A host's main(): reads the command line, runs `action`, and turns failures into a line on stderr and an exit code: 0 done, 1 failed,
/// 2 wrong command line. The program's name is the app's.
int run_host(CLI::App& app, RunOptions& options, int argc, char** argv,
             const std::function<void()>& action);

}  // namespace hekla::host
