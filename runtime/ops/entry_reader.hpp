// SPDX-License-Identifier: MIT
#pragma once

#include "base/diagnostic.hpp"
#include "graph/document.hpp"
#include "ops/entry.hpp"

#include <memory>
#include <string_view>

namespace hekla::ops {

/// The entry that `root`, a document or a part of one, describes (shaders/README.md has the format). Strict: whatever is not
/// understood is a complaint with its place. Null if there was one.
std::unique_ptr<Entry> read_entry(std::string_view name, const SourcePtr& source,
                                  const graph::DocNode& root, Diagnostics& out);

}  // namespace hekla::ops
