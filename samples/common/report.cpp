// SPDX-License-Identifier: MIT
#include "report.hpp"

#include <sys/resource.h>

#include <cstdio>

namespace hekla::host {

Report::Report(const RunOptions& options) : options_(options) {
    document_["command"] = options.command;
    document_["version"] = hekla_version();
    document_["device"] = nullptr;
    document_["models"] = nlohmann::ordered_json::array();
    document_["stages"] = nlohmann::ordered_json::array();
    document_["memory"] = nlohmann::ordered_json::object();
    document_["outputs"] = nlohmann::ordered_json::array();
}

void Report::set_device(const hekla_device_info& info) {
    document_["device"] = {{"id", info.id},
                           {"name", info.name},
                           {"driver", info.driver},
                           {"type", info.type},
                           {"capabilities", info.capabilities}};
}

void Report::add_model(const std::string& path, const std::string& graph) {
    document_["models"].push_back({{"path", path}, {"graph", graph}});
}

void Report::add_time(const std::string& stage, double seconds) {
    for (auto& known : document_["stages"])
        if (known["name"] == stage) {
            known["seconds"] = known["seconds"].get<double>() + seconds;
            known["runs"] = known["runs"].get<int>() + 1;
            return;
        }
    document_["stages"].push_back({{"name", stage}, {"seconds", seconds}, {"runs", 1}});
}

void Report::add_memory(const hekla_memory_report& memory, const std::string& part) {
    for (auto& [name, known] : memory_)
        if (!part.empty() && name == part) {
            if (memory.arena_bytes + memory.io_bytes > known.arena_bytes + known.io_bytes)
                known = memory;
            return;
        }
    memory_.emplace_back(part, memory);
}

void Report::add_output(const std::string& path) { document_["outputs"].push_back(path); }

void Report::finish() {
    auto& sums = document_["memory"];
    const auto sum = [&](const char* key, std::uint64_t hekla_memory_report::*bytes) {
        std::uint64_t total = 0;
        for (const auto& [part, memory] : memory_) total += memory.*bytes;
        sums[key] = total;
    };
    sum("weight_bytes", &hekla_memory_report::weight_bytes);
    sum("arena_bytes", &hekla_memory_report::arena_bytes);
    sum("state_bytes", &hekla_memory_report::state_bytes);
    sum("io_bytes", &hekla_memory_report::io_bytes);
    rusage usage{};
    if (getrusage(RUSAGE_SELF, &usage) == 0) sums["peak_process_bytes"] = usage.ru_maxrss * 1024L;
    if (options_.json) {
        // Paths and file contents may hold bytes that are no UTF-8: shown as such rather than refused.
        const std::string text =
            document_.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
        std::printf("%s\n", text.c_str());
    } else if (!options_.quiet) {
        std::string line;
        for (const auto& path : document_["outputs"])
            line += (line.empty() ? "" : ", ") + path.get<std::string>();
        if (document_["device"].is_object())
            line += "; " + document_["device"]["id"].get<std::string>() + " (" +
                    document_["device"]["name"].get<std::string>() + ")";
        for (const auto& stage : document_["stages"]) {
            char text[64];
            std::snprintf(text, sizeof text, " %.2f s", stage["seconds"].get<double>());
            line += "; " + stage["name"].get<std::string>() + text;
        }
        std::fprintf(stderr, "%s\n", line.c_str());
    }
}

}  // namespace hekla::host
