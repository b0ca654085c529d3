// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include <hekla/hekla.h>

namespace hekla::host {

/// A bar on stderr, "tiles [#####.....] 3 of 20, 0:12 left", if stderr is a terminal; otherwise nothing is shown. The line is wiped when
/// the work is done or given up.
class Progress {
  public:
    /// `quiet`: show nothing even on a terminal.
    Progress(std::string what, std::size_t total, bool quiet = false);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// So many of the steps are done.
    void show(std::size_t done);
    void step() { show(done_ + 1); }

  private:
    std::string what_;
    std::size_t total_, done_ = 0;
    bool shown_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// The line of the bar. `seconds`: taken by the steps done so far, from which the rest is judged; unknown while none is done.
std::string progress_line(const std::string& what, std::size_t done, std::size_t total,
                          double seconds);

/// For hekla_model_desc: shows how far loading is. Null unless stderr is a terminal.
hekla_progress loading_progress(bool quiet = false);

}  // namespace hekla::host
