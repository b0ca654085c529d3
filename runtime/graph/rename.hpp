// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hekla::graph {

/// Other names for tensors: `rename: {pattern: other}`. Names are dotted; a pattern fits the leading parts of a name; `{x}` stands
/// for one or more letters within a part, and means the same wherever it occurs again.
class RenameTable {
public:
    struct Rule {
        std::string pattern;
        std::string other;
    };
    /// True if each part has at most two placeholders, and they are closed; others are not to be given to the table.
    static bool is_simple(std::string_view pattern);

    explicit RenameTable(std::vector<Rule> rules);

    /// What `name` may be called in a weight file, in the order to look: as written, then under the rules that fit, those of more
    /// parts first, then those of fewer placeholders, then by spelling.
    std::vector<std::string> names(std::string_view name) const;

    /// The names under which a graph file may ask for the tensor `stored`: its own, and those that a rule leads to it from.
    std::vector<std::string> asked_as(std::string_view stored) const;

private:
    struct Parts {
        std::vector<std::string> pattern;
        std::vector<std::string> other;
        std::size_t placeholders = 0;
        std::string spelling;
    };
    std::vector<Parts> rules_;  // in the order to try
};

/// `*` matches any letters, also none.
bool matches_wildcard(std::string_view pattern, std::string_view name);

}  // namespace hekla::graph
