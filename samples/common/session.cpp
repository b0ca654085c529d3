// SPDX-License-Identifier: MIT
#include "session.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "progress.hpp"

namespace hekla::host {
namespace {

/// The folder that the `hekla` command keeps pipelines in; empty: none.
std::string cache_folder() {
    if (const char* folder = std::getenv("XDG_CACHE_HOME"); folder && folder[0] == '/')
        return std::string(folder) + "/hekla";
    if (const char* home = std::getenv("HOME"); home && home[0] == '/')
        return std::string(home) + "/.cache/hekla";
    return {};
}

Runtime open_runtime() {
    const std::string cache = cache_folder();
    hekla_runtime_desc desc{};
    desc.cache_folder = cache.empty() ? nullptr : cache.c_str();
    desc.log = [](void*, hekla_severity severity, const char* text) {
        if (severity >= HEKLA_WARNING) std::fprintf(stderr, "hekla: %s\n", text);
    };
    try {
        return Runtime(desc);
    } catch (const Failure& e) {
        if (e.result() != HEKLA_IO || !desc.cache_folder) throw;
        std::fprintf(stderr, "hekla: no pipelines are kept: %s\n", e.what());
        desc.cache_folder = nullptr;
        return Runtime(desc);
    }
}

}  // namespace

Session::Session(const RunOptions& options, Report& report)
    : options_(options),
      report_(report),
      runtime_(open_runtime()),
      device_(runtime_, options.device, options.profile == "baseline") {
    report_.set_device(device_.info());
}

Model Session::load(const ModelChoice& choice) {
    if (!std::filesystem::exists(choice.checkpoint))
        throw std::runtime_error(choice.checkpoint + ": no such file or folder");
    const auto text = [](const std::string& s) { return s.empty() ? nullptr : s.c_str(); };
    hekla_model_desc desc{};
    desc.checkpoint = choice.checkpoint.c_str();
    desc.graph_path = text(choice.graph);
    desc.entry = text(choice.entry);
    desc.max_memory_bytes = options_.max_memory.empty() ? 0 : parse_bytes(options_.max_memory);
    desc.progress = loading_progress(options_.quiet);
    const Stopwatch watch;
    Model model(device_, desc);
    report_.add_time("load", watch.seconds());
    report_.add_model(choice.checkpoint, model.name());
    return model;
}

}  // namespace hekla::host
