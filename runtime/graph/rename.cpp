// SPDX-License-Identifier: MIT
#include "graph/rename.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace hekla::graph {

namespace {

/// Longer parts fit no placeholder: keeps hostile names from taking time.
constexpr std::size_t longest_part = 256;

using Bound = std::map<std::string, std::string, std::less<>>;

std::vector<std::string> split(std::string_view name) {
    std::vector<std::string> parts;
    std::size_t start = 0;
    while (true) {
        const std::size_t dot = name.find('.', start);
        parts.emplace_back(name.substr(start, dot == std::string_view::npos ? dot : dot - start));
        if (dot == std::string_view::npos) return parts;
        start = dot + 1;
    }
}

/// Matches one part; a placeholder takes as few letters as it can.
bool match_part(std::string_view pattern, std::string_view text, Bound& bound) {
    if (pattern.empty()) return text.empty();
    const std::size_t close = pattern.front() == '{' ? pattern.find('}') : std::string_view::npos;
    if (close == std::string_view::npos) {
        return !text.empty() && pattern.front() == text.front() && match_part(pattern.substr(1), text.substr(1), bound);
    }
    const std::string name(pattern.substr(1, close - 1));
    const std::string_view rest = pattern.substr(close + 1);
    if (const auto found = bound.find(name); found != bound.end()) {
        return text.starts_with(found->second) && match_part(rest, text.substr(found->second.size()), bound);
    }
    if (text.size() > longest_part) return false;
    for (std::size_t length = 1; length <= text.size(); ++length) {
        Bound attempt = bound;
        attempt[name] = std::string(text.substr(0, length));
        if (match_part(rest, text.substr(length), attempt)) {
            bound = std::move(attempt);
            return true;
        }
    }
    return false;
}

/// Nothing if a placeholder of `part` is not bound.
std::optional<std::string> fill(std::string_view part, const Bound& bound) {
    std::string result;
    for (std::size_t i = 0; i < part.size();) {
        const std::size_t close = part[i] == '{' ? part.find('}', i) : std::string_view::npos;
        if (close == std::string_view::npos) {
            result += part[i++];
            continue;
        }
        const auto found = bound.find(part.substr(i + 1, close - i - 1));
        if (found == bound.end()) return std::nullopt;
        result += found->second;
        i = close + 1;
    }
    return result;
}

/// The name under `to` if `from` fits its leading parts.
std::optional<std::string> rewrite(const std::vector<std::string>& name, const std::vector<std::string>& from,
                                   const std::vector<std::string>& to) {
    if (from.size() > name.size()) return std::nullopt;
    Bound bound;
    for (std::size_t i = 0; i < from.size(); ++i) {
        if (!match_part(from[i], name[i], bound)) return std::nullopt;
    }
    std::string result;
    for (const std::string& part : to) {
        const auto filled = fill(part, bound);
        if (!filled) return std::nullopt;
        result += (result.empty() ? "" : ".") + *filled;
    }
    for (std::size_t i = from.size(); i < name.size(); ++i) result += (result.empty() ? "" : ".") + name[i];
    return result;
}

}  // namespace

bool RenameTable::is_simple(std::string_view pattern) {
    for (const std::string& part : split(pattern)) {
        const auto open = std::count(part.begin(), part.end(), '{');
        if (open > 2 || open != std::count(part.begin(), part.end(), '}')) return false;
    }
    return true;
}

RenameTable::RenameTable(std::vector<Rule> rules) {
    for (const Rule& rule : rules) {
        Parts parts;
        parts.pattern = split(rule.pattern);
        parts.other = split(rule.other);
        parts.placeholders = static_cast<std::size_t>(std::count(rule.pattern.begin(), rule.pattern.end(), '{'));
        parts.spelling = rule.pattern;
        rules_.push_back(std::move(parts));
    }
    std::sort(rules_.begin(), rules_.end(), [](const Parts& a, const Parts& b) {
        if (a.pattern.size() != b.pattern.size()) return a.pattern.size() > b.pattern.size();
        if (a.placeholders != b.placeholders) return a.placeholders < b.placeholders;
        return a.spelling < b.spelling;
    });
}

std::vector<std::string> RenameTable::names(std::string_view name) const {
    std::vector<std::string> result{std::string(name)};
    const std::vector<std::string> parts = split(name);
    for (const Parts& rule : rules_) {
        if (auto other = rewrite(parts, rule.pattern, rule.other)) result.push_back(std::move(*other));
    }
    return result;
}

std::vector<std::string> RenameTable::asked_as(std::string_view stored) const {
    std::vector<std::string> result{std::string(stored)};
    const std::vector<std::string> parts = split(stored);
    for (const Parts& rule : rules_) {
        if (auto other = rewrite(parts, rule.other, rule.pattern)) result.push_back(std::move(*other));
    }
    return result;
}

bool matches_wildcard(std::string_view pattern, std::string_view name) {
    std::size_t p = 0;
    std::size_t n = 0;
    std::size_t star = std::string_view::npos;
    std::size_t retry = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            retry = n;
        } else if (p < pattern.size() && pattern[p] == name[n]) {
            ++p;
            ++n;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            n = ++retry;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

}  // namespace hekla::graph
