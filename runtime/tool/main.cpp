// SPDX-License-Identifier: MIT
#include "tool/tool.hpp"

#include "base/diagnostic.hpp"

#include <cstdio>
#include <new>

namespace {

using namespace hekla::tool;

int exit_code_of(hekla_result result) {
    switch (result) {
        case HEKLA_INVALID_FILE:
        case HEKLA_LIMIT:
            return exit_bad_file;
        case HEKLA_INVALID_ARGUMENT:
            return exit_usage;
        default:
            return exit_failed;
    }
}

void complain(const std::string& text) {
    const bool rendered = text.starts_with("error");  // diagnostics bring their own heading
    std::fprintf(stderr, "%s%s%s", rendered ? "" : "hekla: ", text.c_str(),
                 text.ends_with('\n') ? "" : "\n");
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{
        "Hekla runs declarative model graph files on any Vulkan device, or on another backend.",
        "hekla"};
    app.set_version_flag("--version", hekla_version());
    app.require_subcommand(1);
    app.footer(
        "Examples:\n"
        "  hekla devices\n"
        "  hekla check graphs/llama.yaml\n"
        "  hekla run --model my-llama --inputs ids.safetensors --outputs logits.safetensors\n"
        "  hekla COMMAND --help\n\n"
        "Exit codes: 0 done; 1 it could not be done (device, memory, writing); 2 wrong command "
        "line;\n"
        "3 a graph, checkpoint or input file is wrong.");
    Action action;
    add_devices(app, action);
    add_check(app, action);
    add_show(app, action);
    add_fmt(app, action);
    add_weights(app, action);
    add_run(app, action);
    add_warm(app, action);
    add_bench(app, action);
    add_schema(app, action);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? exit_ok : exit_usage;
    }
    try {
        return action();
    } catch (const hekla::Failure& e) {
        complain(e.what());
        return exit_code_of(e.result());
    } catch (const hekla::Error& e) {
        complain(e.what());
        return exit_code_of(static_cast<hekla_result>(e.code()));
    } catch (const std::bad_alloc&) {
        complain("out of memory");
        return exit_failed;
    } catch (const std::exception& e) {
        complain(e.what());
        return exit_failed;
    }
}
