// SPDX-License-Identifier: MIT
#pragma once

#include "graph/graph.hpp"

#include <string>
#include <vector>

namespace hekla::tool {

/// One value or node, as people read it.
struct ShownLine {
    std::string name;               ///< path
    std::string text;               ///< call, or type
    std::string type;               ///< nodes: types of the results
    std::vector<std::string> from;  ///< nodes: paths of the values it reads that are no weights
};

struct ShownGraph {
    std::string name, entry;
    std::vector<ShownLine> dims, inputs, states, weights, nodes, outputs;
};

ShownGraph describe(const graph::Graph& graph);

/// Graphviz: nodes in boxes, values as edges, weights inside the boxes.
std::string dot_of(const ShownGraph& graph);

/// A picture without Graphviz: nodes in the order they run, one below the other, values as arcs at the left; longer arcs stand further out.
std::string svg_of(const ShownGraph& graph);

}  // namespace hekla::tool
