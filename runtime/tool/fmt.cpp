// SPDX-License-Identifier: MIT
#include "tool/tool.hpp"

#include "base/diagnostic.hpp"
#include "base/file.hpp"
#include "graph/parse.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

namespace hekla::tool {

void add_fmt(CLI::App& app, Action& action) {
    struct Arguments {
        std::vector<std::string> files;
        bool check = false, to_stdout = false;
    };
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command = app.add_subcommand(
        "fmt", "Lay graph files out in the canonical way; comments and meaning stay");
    command->add_option("files", arguments->files, "Graph files, rewritten in place")
        ->required()
        ->check(CLI::ExistingFile);
    command->add_flag("--check", arguments->check,
                      "Change nothing; exit 1 and name the files that would change");
    command->add_flag("--stdout", arguments->to_stdout, "Print instead of rewriting");
    command->callback([&action, arguments] {
        action = [arguments] {
            int code = exit_ok;
            for (const std::string& path : arguments->files) {
                const std::string text = read_whole_file(path, graph::Limits{}.max_bytes);
                Diagnostics diagnostics;
                const auto formatted =
                    graph::format_graph_file(std::make_shared<Source>(path, text), diagnostics);
                if (!formatted) {
                    fmt::print(stderr, "{}", diagnostics.text(isatty(STDERR_FILENO)));
                    code = exit_bad_file;
                } else if (arguments->to_stdout) {
                    fmt::print("{}", *formatted);
                } else if (*formatted != text) {
                    if (arguments->check) {
                        fmt::print("{}\n", path);
                        if (code == exit_ok) code = exit_failed;
                    } else {
                        write_file_atomically(path, std::string_view(*formatted));
                    }
                }
            }
            return code;
        };
    });
}

}  // namespace hekla::tool
