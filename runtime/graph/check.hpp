// SPDX-License-Identifier: MIT
#pragma once

#include "base/diagnostic.hpp"
#include "graph/graph.hpp"
#include "graph/limits.hpp"
#include "graph/syntax.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hekla::ops {
class Catalogue;
}
namespace hekla::weights {
class Checkpoint;
}

namespace hekla::graph {

/// How a graph file is to be opened.
struct CheckOptions {
    /// Gives params their values and is compared with the weights that the graph reads. Null: defaults count, and nothing is compared.
    /// One without tensors (a config.json alone) gives params only.
    const weights::Checkpoint* checkpoint = nullptr;
    std::string entry;                                     ///< empty: the only one
    std::vector<std::pair<std::string, std::string>> set;  ///< params, as `--set name=value` gives them
    std::string variant;                                   ///< one of `weights: variants:`; empty: none
    std::vector<std::string> only_outputs;                 ///< empty: all
    std::vector<std::string> taps;                         ///< inner values to be added to the outputs, by path
    Limits limits;
};

/// The typed graph of one entry. All complaints go to `out`; nothing is returned if one of them is an error.
/// The whole file is checked for what holds whoever calls it, also blocks that nobody calls and other entries; the entry
/// asked for is then expanded with the params' values. The catalogue must outlive the graph.
std::optional<Graph> check(const FileModel& file, const ops::Catalogue& catalogue, const CheckOptions& options, Diagnostics& out);

/// The entries' names in file order; one empty name for a single-entry file.
std::vector<std::string> entry_names(const FileModel& file);

/// True if the file's `serves:` has the name (config.json's `model_type` or `_class_name`, GGUF's `general.architecture`).
bool serves(const FileModel& file, std::string_view architecture);

}  // namespace hekla::graph
