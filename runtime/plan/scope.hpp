// SPDX-License-Identifier: MIT
#pragma once

#include "graph/dim.hpp"
#include "graph/expr.hpp"
#include "plan/weight_form.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace hekla::plan {

using graph::Dim;
using Dims = std::vector<Dim>;

/// A value of an entry's expression: a size (which may use carried dims), a number, a word, or a list of sizes.
using Number = std::variant<Dim, double, std::string, Dims>;

/// The names an op entry's expressions see for one node: bound sizes, attributes, d0..d3, and the answers of has(), stored(), packed(), word().
/// The expressions are described in shaders/README.md.
class Scope {
  public:
    void set(const std::string& name, Number value) { names_[name] = std::move(value); }
    const Number* find(std::string_view name) const;
    void set_present(const std::string& slot, bool present) { present_[slot] = present; }
    void set_form(const std::string& slot, const WeightForm& form) {
        stored_[slot] = stored_code(form.type);
        packed_[slot] = form.packed;
    }
    void set_quads(const std::string& tensor, bool aligned) { quads_[tensor] = aligned; }
    void set_along(const std::string& tensor, std::int64_t step) { along_[tensor] = step; }
    void set_word(const std::string& attribute, std::int64_t position) {
        words_[attribute] = position;
    }
    void set_shape(const std::string& tensor, Dims sizes) { shapes_[tensor] = std::move(sizes); }

    /// From now on carried dims count as these values where a plain number is needed (grids, costs, conditions). Parameter words
    /// are evaluated before, so that they stay expressions.
    void freeze(std::vector<std::int64_t> symbols) { symbols_ = std::move(symbols); }

    /// Throws hekla::Error (internal) when the entry uses what it may not: entries are ours, so that is our mistake.
    Number evaluate(const graph::Expr& expr) const;
    Dim dim(const graph::Expr& expr) const;  ///< evaluate, as a size; a true comparison is 1
    std::int64_t integer(const graph::Expr& expr) const;  ///< a size without carried dims
    double real(const graph::Expr& expr) const;
    double number(std::string_view name) const { return as_real(*find(name)); }
    Dims dims(const graph::Expr& expr) const;  ///< a list, or one size as a list of one

  private:
    double as_real(const Number& value) const;
    Number compare(const std::string& op, const Number& a, const Number& b) const;
    Number call(const graph::Expr& expr) const;
    Number binary(const graph::Expr& expr) const;

    std::map<std::string, Number, std::less<>> names_;
    std::map<std::string, bool, std::less<>> present_, packed_, quads_;
    std::map<std::string, std::int64_t, std::less<>> stored_, words_, along_;
    std::map<std::string, Dims, std::less<>> shapes_;
    std::vector<std::int64_t> symbols_;  // not empty: frozen
};

}  // namespace hekla::plan
