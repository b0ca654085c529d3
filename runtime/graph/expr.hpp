// SPDX-License-Identifier: MIT
#pragma once

#include "graph/place.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace hekla::graph {

/// The syntax tree of one expression or call of the graph language. Op entries use the same language for shapes.
struct Expr {
    enum class Kind : std::uint8_t {
        integer,      ///< `integer`
        real,         ///< `real`
        string,       ///< `text`, quotes removed
        boolean,      ///< `integer` is 0 or 1
        none,         ///< `none`
        name,         ///< `text`; `_` is the previous line
        bind,         ///< `?C` in a type: `text` is C
        rest,         ///< `*N` in an op entry's type: any number of leading sizes, named N
        member,       ///< children[0] `.` text, and children[1] if the name is joined to a number: `w.rdb{j + 1}`
        index,        ///< children[0] `[` children[1] `]`
        call,         ///< text `(` arguments `)`; `text_place` is the callee's place
        list,         ///< `[` children `]`
        unary,        ///< text is `-` or `not`
        binary,       ///< text is one of + - * / // % ^ == != < <= > >= and or
        conditional,  ///< children: value, condition, and alternative if there is an `else`
        splat,        ///< unused by graph files; kept for tools
    };

    struct Argument {
        std::string name;  ///< empty: by position
        Place name_place;
        std::unique_ptr<Expr> value;
    };

    Kind kind = Kind::none;
    std::string text;
    std::int64_t integer = 0;
    double real = 0;
    std::vector<std::unique_ptr<Expr>> children;
    std::vector<Argument> arguments;
    Place place;       ///< the whole expression
    Place text_place;  ///< the name within it (callee, member, operator)
};

using ExprPtr = std::unique_ptr<Expr>;

/// A declared type: `float[B, ?C, H/2] or none if cond`, `float[] or 1.0`, or a plain word (`weights`, `state`, `int`, `num`, `bool`, `str`, `list`).
struct TypeExpr {
    std::string name;  ///< float, i32 ..., weights, state, int ...; in op entries also `any`
    Place name_place;
    bool is_tensor = false;  ///< `[...]` was given, even empty
    std::vector<ExprPtr> sizes;
    bool or_none = false;
    ExprPtr fill;       ///< what stands everywhere in a graph's input that a run leaves out; null: it may not
    ExprPtr condition;  ///< null: always there
    Place place;
};

}  // namespace hekla::graph
