// SPDX-License-Identifier: MIT
#include "graph/parse.hpp"

#include <charconv>

namespace hekla::graph {
namespace {

/// How tightly a kind of expression binds; see the grammar in expression_parser.hpp.
int binding(const Expr& expr) {
    switch (expr.kind) {
        case Expr::Kind::conditional:
            return 0;
        case Expr::Kind::unary:
            return expr.text == "not" ? 3 : 7;
        case Expr::Kind::integer:
            return expr.integer < 0 ? 7 : 10;
        case Expr::Kind::real:
            return expr.real < 0 ? 7 : 10;
        case Expr::Kind::binary:
            break;
        default:
            return 10;
    }
    const std::string& op = expr.text;
    if (op == "or") return 1;
    if (op == "and") return 2;
    if (op == "+" || op == "-") return 5;
    if (op == "*" || op == "/" || op == "//" || op == "%") return 6;
    if (op == "^") return 8;
    return 4;
}

std::string real_text(double value) {
    char buffer[32];
    const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
    std::string text(buffer, result.ptr);
    // `1` would read as an integer.
    if (text.find_first_of(".en") == std::string::npos) text += ".0";
    return text;
}

std::string write(const Expr& expr, int least);

std::string join(const std::vector<ExprPtr>& items) {
    std::string text;
    for (const ExprPtr& item : items) {
        if (!text.empty()) text += ", ";
        text += write(*item, 0);
    }
    return text;
}

std::string write_bare(const Expr& expr) {
    switch (expr.kind) {
        case Expr::Kind::integer:
            return std::to_string(expr.integer);
        case Expr::Kind::real:
            return real_text(expr.real);
        case Expr::Kind::string: {
            const char quote = expr.text.find('\'') == std::string::npos ? '\'' : '"';
            return quote + expr.text + quote;
        }
        case Expr::Kind::boolean:
            return expr.integer ? "true" : "false";
        case Expr::Kind::none:
            return "none";
        case Expr::Kind::name:
            return expr.text;
        case Expr::Kind::bind:
            return "?" + expr.text;
        case Expr::Kind::rest:
        case Expr::Kind::splat:
            return "*" + expr.text;
        case Expr::Kind::member: {
            std::string text = write(*expr.children.at(0), 9) + "." + expr.text;
            if (expr.children.size() > 1) text += "{" + write(*expr.children[1], 0) + "}";
            return text;
        }
        case Expr::Kind::index:
            return write(*expr.children.at(0), 9) + "[" + write(*expr.children.at(1), 0) + "]";
        case Expr::Kind::call: {
            std::string text;
            for (const Expr::Argument& argument : expr.arguments) {
                if (!text.empty()) text += ", ";
                if (!argument.name.empty()) text += argument.name + "=";
                text += write(*argument.value, 0);
            }
            return expr.text + "(" + text + ")";
        }
        case Expr::Kind::list:
            return "[" + join(expr.children) + "]";
        case Expr::Kind::unary: {
            const bool is_not = expr.text == "not";
            return (is_not ? "not " : "-") + write(*expr.children.at(0), is_not ? 3 : 7);
        }
        case Expr::Kind::binary: {
            const int own = binding(expr);
            if (expr.text == "^")
                return write(*expr.children.at(0), 9) + "^" + write(*expr.children.at(1), 7);
            // Comparisons do not chain; the others group to the left.
            return write(*expr.children.at(0), own == 4 ? 5 : own) + " " + expr.text + " " +
                   write(*expr.children.at(1), own + 1);
        }
        case Expr::Kind::conditional: {
            std::string text =
                write(*expr.children.at(0), 1) + " if " + write(*expr.children.at(1), 1);
            if (expr.children.size() > 2) text += " else " + write(*expr.children[2], 0);
            return text;
        }
    }
    return {};
}

std::string write(const Expr& expr, int least) {
    std::string text = write_bare(expr);
    return binding(expr) < least ? "(" + text + ")" : text;
}

}  // namespace

std::string to_text(const Expr& expr) { return write(expr, 0); }

std::string to_text(const TypeExpr& type) {
    std::string text = type.name;
    if (type.is_tensor) text += "[" + join(type.sizes) + "]";
    if (type.or_none) text += " or none";
    if (type.fill) text += " or " + write(*type.fill, 2);
    if (type.condition) text += " if " + write(*type.condition, 1);
    return text;
}

}  // namespace hekla::graph
