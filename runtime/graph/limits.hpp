// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

namespace hekla::graph {

/// What a graph file may ask for at most. Set by the host, never by the file.
struct Limits {
    std::size_t max_bytes = std::size_t{4} << 20;  ///< of the file
    std::size_t max_depth = 64;                    ///< of nested lists and maps
    std::size_t max_nodes = 200'000;               ///< YAML nodes and expression nodes together
    std::size_t max_expression_depth = 128;        ///< height of one expression's tree, and its nesting of brackets
    std::int64_t max_repeat = 4096;                ///< turns of one repeat
    std::size_t max_block_depth = 32;              ///< blocks within blocks
    std::size_t max_graph_nodes = 200'000;         ///< nodes after expansion
};

}  // namespace hekla::graph
