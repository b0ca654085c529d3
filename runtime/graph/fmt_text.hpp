// SPDX-License-Identifier: MIT
#pragma once

#include "graph/document.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hekla::graph {

/// The scalar as an expression with canonical spaces, one string per line where the author broke it. One space stands behind a comma
/// and around words and comparisons, none inside brackets and around the `=` of settings; around arithmetic it is the author's choice,
/// but the same on both sides. What is no expression comes back as it is.
std::vector<std::string> respace(const Source& source, const DocNode& scalar);

/// True if `text` can stand without quotes: outside of [ ] and { }, or (`flow`) inside.
bool is_plain_safe(std::string_view text, bool flow);

/// `text` in double quotes, with YAML's escapes.
std::string in_double_quotes(std::string_view text);

/// True if both lex to the same tokens, so that only spaces differ.
bool same_tokens(std::string_view a, std::string_view b);

}  // namespace hekla::graph
