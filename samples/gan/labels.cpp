// SPDX-License-Identifier: MIT
#include "labels.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <stdexcept>

namespace hekla::gan {
namespace {

bool same_in_any_case(const std::string& a, const std::string& b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

Labels::Labels(const host::ModelConfig& config) : names_(config.labels()), count_(names_.size()) {
    for (const char* key : {"n_classes", "num_classes", "num_labels"})
        if (const auto found = config.document().find(key);
            count_ == 0 && found != config.document().end() && found->is_number_unsigned())
            count_ = found->get<std::size_t>();
}

std::int32_t Labels::find(const std::string& text) const {
    for (std::size_t i = 0; i < names_.size(); ++i)
        if (same_in_any_case(names_[i], text)) return static_cast<std::int32_t>(i);
    std::int32_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    const auto last = count_ > 0 ? static_cast<std::int64_t>(count_) - 1
                                 : std::numeric_limits<std::int32_t>::max();
    if (error == std::errc() && stop == end && number >= 0 && number <= last) return number;
    std::string known = count_ > 0 ? "0 to " + std::to_string(last) : "numbers from 0";
    for (const std::string& name : names_) known += ", " + name;
    throw std::runtime_error("the model has no label `" + text + "`; it has " + known);
}

}  // namespace hekla::gan
