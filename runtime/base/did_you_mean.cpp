// SPDX-License-Identifier: MIT
#include "base/did_you_mean.hpp"

#include <algorithm>
#include <vector>

namespace hekla {
namespace {

// Longer words come from hostile files only; comparing them costs the product of the lengths.
constexpr std::size_t longest_word = 64;

std::string lower(std::string_view word) {
    std::string result(word);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

std::string digits_of(std::string_view word) {
    std::string result;
    for (char c : word)
        if (c >= '0' && c <= '9') result += c;
    return result;
}

/// The largest distance at which two words may be taken for each other.
std::size_t allowed(std::size_t length) {
    return length <= 4 ? 1 : std::max<std::size_t>(2, length / 3);
}

/// False for pairs such as `T` and `B`, which are as far apart as two words of one letter can be.
bool share_enough(std::string_view a, std::string_view b, std::size_t distance) {
    return distance < std::max(a.size(), b.size());
}

template <class Text>
std::string closest(std::string_view word, std::span<const Text> candidates) {
    if (word.empty() || word.size() > longest_word) return {};
    const std::string wanted = lower(word);
    const std::string digits = digits_of(word);
    std::string best;
    std::size_t best_distance = allowed(word.size()) + 1;
    for (const Text& candidate : candidates) {
        const std::string_view name = candidate;
        if (name.empty() || name == word || name.size() > longest_word) continue;
        if (digits_of(name) != digits) continue;
        const std::string other = lower(name);
        const std::size_t distance = edit_distance(wanted, other);
        if (distance < best_distance && share_enough(wanted, other, distance)) {
            best_distance = distance;
            best = name;
        }
    }
    return best;
}

std::string as_question(const std::string& word) {
    return word.empty() ? std::string() : "did you mean `" + word + "`?";
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        now[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool equal = a[i - 1] == b[j - 1];
            now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (equal ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = std::min(now[j], before[j - 2] + 1);
        }
        std::swap(before, last);
        std::swap(last, now);
    }
    return last[b.size()];
}

std::string did_you_mean(std::string_view word, std::span<const std::string> candidates) {
    return closest(word, candidates);
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
    return closest(word, candidates);
}

std::string did_you_mean_help(std::string_view word, std::span<const std::string> candidates) {
    return as_question(did_you_mean(word, candidates));
}

std::string did_you_mean_help(std::string_view word, std::span<const std::string_view> candidates) {
    return as_question(did_you_mean(word, candidates));
}

}  // namespace hekla
