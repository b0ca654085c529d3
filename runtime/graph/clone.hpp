// SPDX-License-Identifier: MIT
#pragma once

#include "graph/expr.hpp"

namespace hekla::graph {

/// A copy that shares nothing.
inline ExprPtr clone(const Expr& expr) {
    auto copy = std::make_unique<Expr>();
    copy->kind = expr.kind;
    copy->text = expr.text;
    copy->integer = expr.integer;
    copy->real = expr.real;
    copy->place = expr.place;
    copy->text_place = expr.text_place;
    for (const ExprPtr& child : expr.children) copy->children.push_back(child ? clone(*child) : nullptr);
    for (const Expr::Argument& argument : expr.arguments) {
        copy->arguments.push_back({argument.name, argument.name_place, argument.value ? clone(*argument.value) : nullptr});
    }
    return copy;
}

inline TypeExpr clone(const TypeExpr& type) {
    TypeExpr copy;
    copy.name = type.name;
    copy.name_place = type.name_place;
    copy.is_tensor = type.is_tensor;
    copy.or_none = type.or_none;
    copy.place = type.place;
    for (const ExprPtr& size : type.sizes) copy.sizes.push_back(clone(*size));
    if (type.fill) copy.fill = clone(*type.fill);
    if (type.condition) copy.condition = clone(*type.condition);
    return copy;
}

}  // namespace hekla::graph
