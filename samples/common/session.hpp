// SPDX-License-Identifier: MIT
#pragma once

#include <hekla/hekla.hpp>
#include <string>

#include "options.hpp"
#include "report.hpp"

namespace hekla::host {

/// Which model, and which of its entries.
struct ModelChoice {
    std::string checkpoint;  ///< folder or weight file
    std::string graph;       ///< graph file; empty: found by what the checkpoint says it is
    std::string entry;       ///< empty: the only one
};

/// A runtime and a device on it, as the options say. Messages of at least warning severity go to stderr.
class Session {
  public:
    /// `report` and `options` outlive the session.
    Session(const RunOptions& options, Report& report);

    /// Loads with progress, and tells the report. Throws Failure; a missing file or folder is named.
    Model load(const ModelChoice& choice);

    const RunOptions& options() const { return options_; }
    Report& report() { return report_; }
    const Device& device() const { return device_; }

  private:
    const RunOptions& options_;
    Report& report_;
    Runtime runtime_;
    Device device_;
};

}  // namespace hekla::host
