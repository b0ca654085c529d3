// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <hekla/hekla.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "options.hpp"

namespace hekla::host {

/// Seconds since it was made.
class Stopwatch {
  public:
    double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// What a host did, for `--json`:
///
///   {"command": "hekla-gan ...", "version": "0.1.0",
///    "device": {"id", "name", "driver", "type", "capabilities"},
///    "models": [{"path", "graph"}],
///    "stages": [{"name": "load", "seconds": 0.8, "runs": 1}, ...],
///    "memory": {"weight_bytes", "arena_bytes", "state_bytes", "io_bytes", "peak_process_bytes"},
///    "outputs": ["out.png"], ...and what the host sets: seed, sizes...}
class Report {
  public:
    explicit Report(const RunOptions& options);

    /// A key of the host's own.
    void set(const std::string& key, nlohmann::ordered_json value) {
        document_[key] = std::move(value);
    }
    void set_device(const hekla_device_info& info);
    /// `path` as the user gave it, `graph` as hekla_model_name has it. A host of several models calls this for each.
    void add_model(const std::string& path, const std::string& graph);
    /// Times of stages of the same name are added up, and the runs counted.
    void add_time(const std::string& stage, double seconds);
    /// Memory of a model at the sizes it ran with. Of those that name the same part ("encode"), the largest counts; parts, and calls that
    /// name none, are added up.
    void add_memory(const hekla_memory_report& memory, const std::string& part = {});
    void add_output(const std::string& path);

    /// With --json: writes the document to stdout. Otherwise, unless --quiet: one line of summary to stderr.
    void finish();

  private:
    const RunOptions& options_;
    nlohmann::ordered_json document_;
    std::vector<std::pair<std::string, hekla_memory_report>> memory_;
};

}  // namespace hekla::host
