// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hekla::graph {

/// What the schema says about one op; made from the catalogue by who has it.
struct SchemaOp {
    struct Setting {
        std::string name;
        std::vector<std::string> choices;  ///< the words it takes; empty: an expression
        std::string default_text;          ///< as a graph file writes it; empty: must be given
    };
    std::string name;
    std::string summary;  ///< one line; may be empty
    std::string usage;    ///< "linear(x, w, out=, bias=true)"; may be empty
    std::vector<Setting> settings;
};

/// The JSON Schema (draft 2020-12) of graph files, as JSON text. Editors complete sections, keys and op settings from it.
std::string graph_schema_json(std::span<const SchemaOp> ops);

}  // namespace hekla::graph
