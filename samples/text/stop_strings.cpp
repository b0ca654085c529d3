// SPDX-License-Identifier: MIT
#include "stop_strings.hpp"

#include <algorithm>
#include <utility>

namespace hekla::text {

StopStrings::StopStrings(std::vector<std::string> strings) : strings_(std::move(strings)) {
    std::erase_if(strings_, [](const std::string& s) { return s.empty(); });
}

std::string StopStrings::push(std::string_view text) {
    if (stopped_) return {};
    held_ += text;
    std::size_t first_end = std::string::npos, begin = 0;
    for (const std::string& stop : strings_) {
        const std::size_t at = held_.find(stop);
        if (at == std::string::npos) continue;
        const std::size_t end = at + stop.size();
        if (end < first_end || (end == first_end && at < begin)) {
            first_end = end;
            begin = at;
        }
    }
    if (first_end != std::string::npos) {
        stopped_ = true;
        held_.resize(begin);
        return std::exchange(held_, {});
    }
    std::size_t keep = 0;  // the longest end of the text that a stop string begins with
    for (const std::string& stop : strings_) {
        std::size_t n = std::min(held_.size(), stop.size() - 1);
        while (n > keep && !std::string_view(stop).starts_with(
                               std::string_view(held_).substr(held_.size() - n)))
            --n;
        keep = std::max(keep, n);
    }
    std::string out = held_.substr(0, held_.size() - keep);
    held_.erase(0, held_.size() - keep);
    return out;
}

std::string StopStrings::finish() { return std::exchange(held_, {}); }

}  // namespace hekla::text
