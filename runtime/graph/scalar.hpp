// SPDX-License-Identifier: MIT
#pragma once

#include "graph/document.hpp"

#include <cstddef>
#include <string_view>

namespace hekla::graph {

/// Fills text, runs, begin, end and style of the scalar that starts at byte `begin` of `source`.
///
/// yaml-cpp tells where a scalar starts and what it says, not where it ends nor which byte came from where; both are worked out here,
/// by reading quoted scalars again and by walking plain ones beside their folded text (`value`). Returns false if the two disagree:
/// then a comment line stands inside a plain scalar.
bool locate_scalar(std::string_view source, std::size_t begin, std::string_view value,
                   DocNode& node);

}  // namespace hekla::graph
