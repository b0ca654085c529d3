// SPDX-License-Identifier: MIT
#pragma once

#include "base/diagnostic.hpp"
#include "graph/document.hpp"
#include "graph/expr.hpp"
#include "graph/limits.hpp"
#include "graph/syntax.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace hekla::graph {

/// Reads a graph file, YAML or JSON. All complaints go to `out`; nothing is returned if one of them is an error.
/// Checked here: what can be told without looking a name up (spelling, sections, types' names, duplicates, limits).
std::optional<FileModel> parse_graph_file(SourcePtr source, Diagnostics& out, const Limits& limits = {});

/// The expression that a node of `source`'s document holds: a scalar, a list (members are expressions), or the tools' form of
/// a call, `{op: name, args: [...], attrs: {...}}`. Null if it is wrong, which `out` then says. Places are exact, over line
/// breaks and inside quotes too.
ExprPtr parse_expression(const SourcePtr& source, const DocNode& node, Diagnostics& out, const Limits& limits = {});

/// The same for a text of its own, e.g. of `--set`; `name` is what messages call it.
ExprPtr parse_expression(std::string_view name, std::string_view text, Diagnostics& out, const Limits& limits = {});

/// Which words may stand before `[` and which sizes within.
enum class TypeRules : std::uint8_t {
    input,     ///< a graph's inputs: element types, `or VALUE`
    port,      ///< outputs, state: element types
    argument,  ///< blocks' inputs: also weights, state, int, num, bool, str, list, `?C`, `or none`
    op,        ///< op entries: also `any`, any other name (an input's, whose type is taken), `*N`, `?C`
    custom_op, ///< inputs of a graph file's own ops: element types, `?C`
};

/// A type, as under `inputs:`, `in:` or in an op entry.
std::optional<TypeExpr> parse_type(const SourcePtr& source, const DocNode& node, TypeRules rules, Diagnostics& out,
                                   const Limits& limits = {});

/// The expression in the language's own spelling: few brackets, one space around operators. For messages and tools.
std::string to_text(const Expr& expr);
std::string to_text(const TypeExpr& type);

/// The text in the canonical layout: comments, file order and meaning are kept, and formatting twice changes nothing.
/// A file that cannot be read as YAML gets its complaints in `out` and nothing is returned; other mistakes are left in place.
std::optional<std::string> format_graph_file(SourcePtr source, Diagnostics& out, const Limits& limits = {});

}  // namespace hekla::graph
