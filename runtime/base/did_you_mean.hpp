// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace hekla {

/// The Damerau-Levenshtein distance (optimal string alignment): the fewest insertions, deletions, substitutions and swaps of
/// neighbours, each letter edited at most once. Bytes are letters.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate that `word` was most likely meant to be, or "" if none is close. Digits are never guessed: `s4` does not become
/// `s1`, `fp16` may become `f16`. Of equally close candidates the first counts.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

/// "did you mean `x`?", or "" without a candidate: ready for Diagnostic::help.
std::string did_you_mean_help(std::string_view word, std::span<const std::string> candidates);
std::string did_you_mean_help(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace hekla
