// SPDX-License-Identifier: MIT
#include "progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>

namespace hekla::host {
namespace {

constexpr const char* wipe = "\r\033[K";

std::string clock_text(double seconds) {
    const auto whole = static_cast<long long>(std::ceil(seconds));
    char text[32];
    if (whole >= 3600)
        std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60,
                      whole % 60);
    else
        std::snprintf(text, sizeof text, "%lld:%02lld", whole / 60, whole % 60);
    return text;
}

}  // namespace

std::string progress_line(const std::string& what, std::size_t done, std::size_t total,
                          double seconds) {
    constexpr std::size_t width = 24;
    total = std::max<std::size_t>(total, 1);
    done = std::min(done, total);
    const std::size_t full = done * width / total;
    std::string line = what + " [" + std::string(full, '#') + std::string(width - full, '.') +
                       "] " + std::to_string(done) + " of " + std::to_string(total);
    if (done > 0 && done < total)
        line +=
            ", " +
            clock_text(seconds / static_cast<double>(done) * static_cast<double>(total - done)) +
            " left";
    return line;
}

Progress::Progress(std::string what, std::size_t total, bool quiet)
    : what_(std::move(what)), total_(total), shown_(!quiet && isatty(STDERR_FILENO)) {
    show(0);
}

Progress::~Progress() {
    if (shown_) std::fputs(wipe, stderr);
}

void Progress::show(std::size_t done) {
    done_ = done;
    if (!shown_) return;
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    std::fprintf(stderr, "%s%s", wipe, progress_line(what_, done, total_, seconds).c_str());
    std::fflush(stderr);
}

hekla_progress loading_progress(bool quiet) {
    if (quiet || !isatty(STDERR_FILENO)) return nullptr;
    return [](void*, const char* what, std::uint64_t done, std::uint64_t total) {
        std::fprintf(stderr, "\r%s %3d %%%s", what,
                     total ? static_cast<int>(done * 100 / total) : 100, done >= total ? wipe : "");
        return 1;
    };
}

}  // namespace hekla::host
