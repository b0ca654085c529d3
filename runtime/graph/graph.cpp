// SPDX-License-Identifier: MIT
#include "graph/graph.hpp"

#include <algorithm>

namespace hekla::graph {

ValueId Graph::find_value(std::string_view path) const {
    const auto found = std::lower_bound(names.begin(), names.end(), path, [](const Name& known, std::string_view text) { return known.path < text; });
    if (found != names.end() && found->path == path) return found->value;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i].path == path) return static_cast<ValueId>(i);
    }
    return no_id;
}

}  // namespace hekla::graph
