// SPDX-License-Identifier: MIT
#include "graph/expression_parser.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace hekla::graph {
namespace {

constexpr std::array<std::string_view, 8> keywords = {"and",  "or",   "not",   "if",
                                                      "else", "true", "false", "none"};

bool is_keyword(std::string_view word) {
    return std::find(keywords.begin(), keywords.end(), word) != keywords.end();
}

}  // namespace

/// Counts brackets that are open, so that hostile nesting cannot exhaust the stack.
class ExpressionParser::Nesting {
  public:
    explicit Nesting(ExpressionParser& parser) : parser_(parser) {
        if (++parser_.depth_ > parser_.state_.limits.max_expression_depth)
            parser_.fail("HK3005",
                         "expression is nested over the limit of " +
                             std::to_string(parser_.state_.limits.max_expression_depth),
                         parser_.place_of(parser_.peek()), "give parts of it names of their own");
    }
    ~Nesting() { --parser_.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

  private:
    ExpressionParser& parser_;
};

ExpressionParser::ExpressionParser(ParseState& state, const DocNode& node)
    : state_(state), node_(node), tokens_(lex_expression(node.text)) {}

const Token& ExpressionParser::peek(std::size_t ahead) const {
    return tokens_[std::min(position_ + ahead, tokens_.size() - 1)];
}

bool ExpressionParser::at(std::string_view word) const {
    const Token& token = peek();
    return (token.kind == Token::Kind::mark || token.kind == Token::Kind::name) &&
           token.text == word;
}

bool ExpressionParser::accept(std::string_view word) {
    if (!at(word)) return false;
    ++position_;
    return true;
}

void ExpressionParser::expect(std::string_view word) {
    if (!accept(word)) fail_expected("`" + std::string(word) + "`");
}

void ExpressionParser::expect_end() {
    if (peek().kind != Token::Kind::end) fail_expected("end of value");
}

Place ExpressionParser::place_of(const Token& token) const {
    const std::size_t begin = node_.source_offset(token.begin);
    if (token.end == token.begin) return state_.source->place(begin, begin + 1);
    return state_.source->place(begin, node_.source_offset(token.end - 1) + 1);
}

Place ExpressionParser::place_from(std::size_t first) const {
    if (position_ <= first) return place_of(tokens_[first]);
    return state_.source->place(node_.source_offset(tokens_[first].begin),
                                node_.source_offset(tokens_[position_ - 1].end - 1) + 1);
}

std::string ExpressionParser::describe(const Token& token) const {
    if (token.kind == Token::Kind::end) return "end of value";
    return "`" + std::string(token.text) + "`";
}

void ExpressionParser::fail(std::string_view code, std::string message, Place place,
                            std::string help) {
    if (is_cut_call(node_)) {
        report_cut_call(state_, node_);
        throw Failed();
    }
    Diagnostic& diagnostic = state_.out.error(state_.source, code, std::move(message), place);
    if (help.empty() && place.length > 0 && node_.style == DocNode::Style::plain) {
        const std::string_view rest =
            std::string_view(state_.source->text())
                .substr(std::min<std::size_t>(node_.end, state_.source->text().size()));
        const std::size_t next = rest.find_first_not_of(" \t");
        if (next != std::string_view::npos && next > 0 && rest[next] == '#' &&
            peek().kind == Token::Kind::end)
            help = "a ` #` starts a comment and cuts the call here";
    }
    diagnostic.help(std::move(help));
    throw Failed();
}

void ExpressionParser::fail_bad(const Token& token) {
    const Place place = place_of(token);
    const std::string text(token.text);
    if (token.problem == "HK1106")
        fail("HK1106", "string is not closed: " + std::string(1, text[0]) + " is missing", place,
             "a string ends on the quote it starts with");
    if (token.problem == "HK1104") {
        const bool zeros = text.size() > 1 && text[0] == '0' &&
                           text.find_first_not_of("0123456789") == std::string::npos;
        fail("HK1104", "`" + text + "` is not a number", place,
             zeros ? "numbers do not start with 0"
                   : "numbers are written 12, 0.5 or 1e-5; names do not start with a digit");
    }
    std::string help;
    if (text == "&") help = "write `and`";
    if (text == "|") help = "write `or`";
    if (text == "!") help = "write `not`";
    if (text == ":") help = "settings are written `name=value`";
    fail("HK1101", "character `" + text + "` has no meaning here", place, help);
}

void ExpressionParser::fail_expected(std::string_view what) {
    const Token& token = peek();
    if (token.kind == Token::Kind::bad) fail_bad(token);
    std::string help;
    if (token.text == "=") help = "`=` sets a setting within a call; equality is `==`";
    if (token.text == "*" && position_ > 0 && tokens_[position_ - 1].text == "*")
        help = "a power is written `^`";
    fail("HK1102", "expected " + std::string(what) + ", found " + describe(token), place_of(token),
         help);
}

ExpressionParser::Part ExpressionParser::make(Expr::Kind kind, std::size_t first,
                                              std::size_t height) {
    if (height > state_.limits.max_expression_depth)
        fail("HK3005",
             "expression is nested over the limit of " +
                 std::to_string(state_.limits.max_expression_depth),
             place_from(first), "give parts of it names of their own");
    if (++state_.nodes > state_.limits.max_nodes)
        fail("HK3004", "file has more than " + std::to_string(state_.limits.max_nodes) + " nodes",
             place_from(first), "use `blocks:` and `repeat:` instead of writing layers out");
    Part part;
    part.expr = std::make_unique<Expr>();
    part.expr->kind = kind;
    part.expr->place = place_from(first);
    part.expr->text_place = part.expr->place;
    part.height = height;
    part.first = first;
    return part;
}

ExpressionParser::Part ExpressionParser::binary(Part left, const Token& operation, Part right) {
    Part part = make(Expr::Kind::binary, left.first, std::max(left.height, right.height) + 1);
    part.expr->text = operation.text;
    part.expr->text_place = place_of(operation);
    part.expr->children.push_back(std::move(left.expr));
    part.expr->children.push_back(std::move(right.expr));
    return part;
}

ExpressionParser::Part ExpressionParser::value() {
    const Nesting nesting(*this);
    Part result = disjunction();
    if (!at("if")) return result;
    const Token& keyword = peek();
    ++position_;
    Part condition = disjunction();
    std::size_t height = std::max(result.height, condition.height);
    Part alternative;
    if (accept("else")) {
        alternative = value();
        height = std::max(height, alternative.height);
    }
    Part part = make(Expr::Kind::conditional, result.first, height + 1);
    part.expr->text_place = place_of(keyword);
    part.expr->children.push_back(std::move(result.expr));
    part.expr->children.push_back(std::move(condition.expr));
    if (alternative.expr) part.expr->children.push_back(std::move(alternative.expr));
    return part;
}

ExpressionParser::Part ExpressionParser::disjunction() {
    Part left = conjunction();
    while (at("or")) {
        const Token& operation = tokens_[position_++];
        Part right = conjunction();
        left = binary(std::move(left), operation, std::move(right));
    }
    return left;
}

ExpressionParser::Part ExpressionParser::conjunction() {
    Part left = negation();
    while (at("and")) {
        const Token& operation = tokens_[position_++];
        Part right = negation();
        left = binary(std::move(left), operation, std::move(right));
    }
    return left;
}

ExpressionParser::Part ExpressionParser::negation() {
    if (!at("not")) return comparison();
    const Nesting nesting(*this);
    const std::size_t first = position_++;
    Part operand = negation();
    Part part = make(Expr::Kind::unary, first, operand.height + 1);
    part.expr->text = "not";
    part.expr->text_place = place_of(tokens_[first]);
    part.expr->children.push_back(std::move(operand.expr));
    return part;
}

ExpressionParser::Part ExpressionParser::comparison() {
    const auto at_comparison = [&] {
        for (std::string_view word : {"==", "!=", "<", "<=", ">", ">="})
            if (at(word)) return true;
        return false;
    };
    Part left = sum();
    if (!at_comparison()) return left;
    const Token& operation = tokens_[position_++];
    Part right = sum();
    if (at_comparison())
        fail("HK1107", "comparisons cannot be chained", place_of(peek()),
             "write `a < b and b < c`");
    return binary(std::move(left), operation, std::move(right));
}

ExpressionParser::Part ExpressionParser::sum() {
    Part left = product();
    while (at("+") || at("-")) {
        const Token& operation = tokens_[position_++];
        Part right = product();
        left = binary(std::move(left), operation, std::move(right));
    }
    return left;
}

ExpressionParser::Part ExpressionParser::product() {
    Part left = sign();
    while (at("*") || at("/") || at("//") || at("%")) {
        const Token& operation = tokens_[position_++];
        Part right = sign();
        left = binary(std::move(left), operation, std::move(right));
    }
    return left;
}

ExpressionParser::Part ExpressionParser::sign() {
    if (!at("-")) return power();
    const Nesting nesting(*this);
    const std::size_t first = position_++;
    // -2^63 has no positive counterpart to negate.
    if (peek().kind == Token::Kind::integer && peek().text == "9223372036854775808" &&
        peek(1).text != "^") {
        ++position_;
        Part part = make(Expr::Kind::integer, first, 1);
        part.expr->integer = std::numeric_limits<std::int64_t>::min();
        return part;
    }
    Part operand = sign();
    Part part = make(Expr::Kind::unary, first, operand.height + 1);
    part.expr->text = "-";
    part.expr->text_place = place_of(tokens_[first]);
    part.expr->children.push_back(std::move(operand.expr));
    return part;
}

ExpressionParser::Part ExpressionParser::power() {
    Part base = postfix();
    if (!at("^")) return base;
    const Nesting nesting(*this);
    const Token& operation = tokens_[position_++];
    Part exponent = sign();
    return binary(std::move(base), operation, std::move(exponent));
}

ExpressionParser::Part ExpressionParser::postfix() {
    Part part = primary();
    for (;;) {
        if (at(".")) {
            part = member(std::move(part));
        } else if (at("[")) {
            const std::size_t first = part.first;
            ++position_;
            Part index = value();
            expect("]");
            Part indexed = make(Expr::Kind::index, first, std::max(part.height, index.height) + 1);
            indexed.expr->text_place = index.expr->place;
            indexed.expr->children.push_back(std::move(part.expr));
            indexed.expr->children.push_back(std::move(index.expr));
            part = std::move(indexed);
        } else if (at("(") && part.expr->kind == Expr::Kind::member) {
            fail("HK1109", "only ops, blocks and functions can be called", part.expr->place,
                 "a call is one name and `(`");
        } else {
            return part;
        }
    }
}

ExpressionParser::Part ExpressionParser::member(Part object) {
    ++position_;
    const Token& name = peek();
    if (name.kind == Token::Kind::integer)
        fail("HK1102", "expected a name, found `" + std::string(name.text) + "`", place_of(name),
             "numbered children are written `[" + std::string(name.text) + "]`");
    if (name.kind != Token::Kind::name) fail_expected("a name");
    ++position_;
    Part number;
    if (at("{") && peek().begin == name.end) {
        ++position_;
        number = value();
        expect("}");
        const Token& next = peek();
        if (next.begin == tokens_[position_ - 1].end &&
            (next.kind == Token::Kind::name || next.text == "{"))
            fail("HK1102", "a number in { } ends the name, found " + describe(next),
                 place_of(next));
    }
    Part part = make(Expr::Kind::member, object.first,
                     std::max(object.height, number.expr ? number.height : 0) + 1);
    part.expr->text = name.text;
    part.expr->text_place = place_of(name);
    part.expr->children.push_back(std::move(object.expr));
    if (number.expr) part.expr->children.push_back(std::move(number.expr));
    return part;
}

ExpressionParser::Part ExpressionParser::number() {
    const std::size_t first = position_++;
    const Token& token = tokens_[first];
    const char* begin = token.text.data();
    const char* end = begin + token.text.size();
    if (token.kind == Token::Kind::integer) {
        std::int64_t value = 0;
        if (std::from_chars(begin, end, value).ec != std::errc())
            fail("HK1103", "integer `" + std::string(token.text) + "` does not fit in 64 bits",
                 place_of(token));
        Part part = make(Expr::Kind::integer, first, 1);
        part.expr->integer = value;
        return part;
    }
    double value = 0;
    const auto result = std::from_chars(begin, end, value);
    if (result.ec != std::errc() || !std::isfinite(value))
        fail("HK1103", "number `" + std::string(token.text) + "` does not fit in 64 bits",
             place_of(token));
    Part part = make(Expr::Kind::real, first, 1);
    part.expr->real = value;
    return part;
}

ExpressionParser::Part ExpressionParser::primary() {
    const Token& token = peek();
    const std::size_t first = position_;
    switch (token.kind) {
        case Token::Kind::integer:
        case Token::Kind::real:
            return number();
        case Token::Kind::string: {
            ++position_;
            Part part = make(Expr::Kind::string, first, 1);
            part.expr->text = token.text.substr(1, token.text.size() - 2);
            return part;
        }
        case Token::Kind::name: {
            if (token.text == "true" || token.text == "false" || token.text == "none") {
                ++position_;
                Part part =
                    make(token.text == "none" ? Expr::Kind::none : Expr::Kind::boolean, first, 1);
                part.expr->integer = token.text == "true" ? 1 : 0;
                part.expr->text = token.text;
                return part;
            }
            if (is_keyword(token.text)) fail_expected("a value");
            if (peek(1).text == "(" && peek(1).kind == Token::Kind::mark) return call();
            ++position_;
            Part part = make(Expr::Kind::name, first, 1);
            part.expr->text = token.text;
            return part;
        }
        case Token::Kind::mark:
            break;
        default:
            fail_expected("a value");
    }
    if (accept("(")) {
        Part part = value();
        expect(")");
        part.first = first;
        part.expr->place = place_from(first);
        return part;
    }
    if (!accept("[")) fail_expected("a value");
    const Nesting nesting(*this);
    std::vector<ExprPtr> items;
    std::size_t height = 0;
    while (!at("]")) {
        if (!items.empty()) expect(",");
        Part item = value();
        height = std::max(height, item.height);
        items.push_back(std::move(item.expr));
    }
    ++position_;
    Part part = make(Expr::Kind::list, first, height + 1);
    part.expr->children = std::move(items);
    return part;
}

ExpressionParser::Part ExpressionParser::call() {
    const Nesting nesting(*this);
    const std::size_t first = position_;
    position_ += 2;
    std::vector<Expr::Argument> arguments;
    std::size_t height = 0;
    while (!at(")")) {
        if (!arguments.empty()) expect(",");
        Expr::Argument argument;
        if (peek().kind == Token::Kind::name && peek(1).kind == Token::Kind::mark &&
            peek(1).text == "=") {
            argument.name = peek().text;
            argument.name_place = place_of(peek());
            for (const Expr::Argument& other : arguments)
                if (other.name == argument.name) {
                    state_.out
                        .error(state_.source, "HK1111", "`" + argument.name + "` is given twice",
                               argument.name_place)
                        .also(other.name_place, "first given here");
                    throw Failed();
                }
            position_ += 2;
        } else if (!arguments.empty() && !arguments.back().name.empty()) {
            if (peek().kind == Token::Kind::bad) fail_bad(peek());
            fail("HK1110", "what is given by position comes before what is given by name",
                 place_of(peek()));
        }
        Part value_part = value();
        height = std::max(height, value_part.height);
        argument.value = std::move(value_part.expr);
        arguments.push_back(std::move(argument));
    }
    ++position_;
    Part part = make(Expr::Kind::call, first, height + 1);
    part.expr->text = tokens_[first].text;
    part.expr->text_place = place_of(tokens_[first]);
    part.expr->arguments = std::move(arguments);
    return part;
}

ExprPtr ExpressionParser::whole_expression() {
    if (peek().kind == Token::Kind::end) fail("HK1208", "a value is missing here", node_.place);
    Part part = value();
    expect_end();
    return std::move(part.expr);
}

std::string_view ExpressionParser::attribute(Place& type_place, ExprPtr& default_value) {
    if (peek().kind != Token::Kind::name) fail_expected("a type");
    const Token& type = tokens_[position_++];
    type_place = place_of(type);
    if (accept("=")) default_value = std::move(value().expr);
    expect_end();
    return type.text;
}

}  // namespace hekla::graph
