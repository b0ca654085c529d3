// SPDX-License-Identifier: MIT
#pragma once

#include "base/diagnostic.hpp"
#include "graph/document.hpp"
#include "graph/expr.hpp"
#include "graph/lexer.hpp"
#include "graph/limits.hpp"
#include "graph/parse.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hekla::graph {

/// What the parsers of one file share.
struct ParseState {
    SourcePtr source;
    Diagnostics& out;
    const Limits& limits;
    std::size_t nodes = 0;  ///< expression nodes made so far
};

/// Expressions and types of one scalar. The grammar, loosest first:
///   value   := or [`if` or [`else` value]]
///   or      := and {`or` and} ;  and := not {`and` not} ;  not := `not` not | compare
///   compare := sum [(== != < <= > >=) sum]
///   sum     := product {(+ -) product} ;  product := sign {(* / // %) sign}
///   sign    := `-` sign | power ;  power := postfix [`^` sign]
///   postfix := primary {`.` name [`{` value `}`] | `[` value `]`}
///   primary := number | string | name | name `(` arguments `)` | `[` values `]` | `(` value `)`
/// Each method either succeeds or reports once and throws Failed.
class ExpressionParser {
  public:
    struct Failed {};

    ExpressionParser(ParseState& state, const DocNode& node);

    ExprPtr whole_expression();
    TypeExpr whole_type(TypeRules rules);
    /// `f32 = 0.05`: a custom op's attribute.
    std::string_view attribute(Place& type_place, ExprPtr& default_value);

  private:
    struct Part {
        ExprPtr expr;
        std::size_t height = 1;
        std::size_t first = 0;  ///< its first token
    };
    class Nesting;

    const Token& peek(std::size_t ahead = 0) const;
    bool at(std::string_view word) const;
    bool accept(std::string_view word);
    void expect(std::string_view word);
    void expect_end();
    Place place_of(const Token& token) const;
    Place place_from(std::size_t first) const;

    [[noreturn]] void fail(std::string_view code, std::string message, Place place,
                           std::string help = {});
    [[noreturn]] void fail_expected(std::string_view what);
    [[noreturn]] void fail_bad(const Token& token);
    std::string describe(const Token& token) const;

    Part make(Expr::Kind kind, std::size_t first, std::size_t height);
    Part binary(Part left, const Token& operation, Part right);

    Part value();
    Part disjunction();
    Part conjunction();
    Part negation();
    Part comparison();
    Part sum();
    Part product();
    Part sign();
    Part power();
    Part postfix();
    Part primary();
    Part number();
    Part call();
    Part member(Part object);
    ExprPtr size(TypeRules rules);
    void type_word(TypeExpr& type, TypeRules rules);

    ParseState& state_;
    const DocNode& node_;
    std::vector<Token> tokens_;
    std::size_t position_ = 0;
    std::size_t depth_ = 0;
};

/// parse_expression and parse_type on a shared state. Null or nothing: reported.
ExprPtr read_expression(ParseState& state, const DocNode& node);
std::optional<TypeExpr> read_type(ParseState& state, const DocNode& node, TypeRules rules);

/// True if the node is a plain scalar in [ ] or { } whose brackets do not close: YAML took a comma of the call for its own.
bool is_cut_call(const DocNode& node);
void report_cut_call(ParseState& state, const DocNode& node);

}  // namespace hekla::graph
