// SPDX-License-Identifier: MIT
// Types, and the ways from a document's node to the expression parser.
#include "base/did_you_mean.hpp"
#include "base/dtype.hpp"
#include "graph/expression_parser.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace hekla::graph {
namespace {

constexpr std::array<std::string_view, 14> tensor_words = {"float", "f32", "f16", "bf16", "f64",
                                                           "i8",    "u8",  "i16", "u16",  "i32",
                                                           "u32",   "i64", "u64", "bool"};
constexpr std::array<std::string_view, 7> plain_words = {"weights", "state", "int", "num",
                                                         "bool",    "str",   "list"};

struct Alias {
    std::string_view word, type;
};
/// What other systems call our types.
constexpr std::array<Alias, 17> aliases = {{{"float32", "f32"},
                                            {"float16", "f16"},
                                            {"half", "f16"},
                                            {"bfloat16", "bf16"},
                                            {"float64", "f64"},
                                            {"double", "f64"},
                                            {"int8", "i8"},
                                            {"int16", "i16"},
                                            {"int32", "i32"},
                                            {"int", "i32"},
                                            {"int64", "i64"},
                                            {"long", "i64"},
                                            {"uint8", "u8"},
                                            {"uint16", "u16"},
                                            {"uint32", "u32"},
                                            {"uint64", "u64"},
                                            {"boolean", "bool"}}};

template <std::size_t n>
bool contains(const std::array<std::string_view, n>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

void ExpressionParser::type_word(TypeExpr& type, TypeRules rules) {
    const Token& word = peek();
    if (word.kind != Token::Kind::name) fail_expected("a type");
    ++position_;
    type.name = word.text;
    type.name_place = place_of(word);
    type.is_tensor = at("[");
    const bool is_plain = contains(plain_words, word.text);
    const bool known = rules == TypeRules::op || contains(tensor_words, word.text) ||
                       (is_plain && rules == TypeRules::argument);
    if (!known) {
        std::vector<std::string_view> candidates(tensor_words.begin(), tensor_words.end());
        if (rules == TypeRules::argument)
            candidates.insert(candidates.end(), plain_words.begin(), plain_words.end());
        std::string help = did_you_mean_help(word.text, candidates);
        for (const Alias& alias : aliases)
            if (alias.word == word.text) help = "did you mean `" + std::string(alias.type) + "`?";
        if (help.empty() && is_plain)
            help = "only a block's `in:` takes `" + std::string(word.text) + "`";
        fail("HK2001", "unknown type `" + std::string(word.text) + "`", type.name_place, help);
    }
    if (rules == TypeRules::op) return;
    if (type.is_tensor && is_plain && word.text != "bool") {
        const std::string help = word.text == "int" ? "a tensor of integers is `i32[...]`" : "";
        fail("HK2003", "`" + std::string(word.text) + "` takes no sizes", place_of(peek()), help);
    }
    const bool plain = is_plain && rules == TypeRules::argument;
    if (!type.is_tensor && !plain)
        fail("HK2003", "`" + std::string(word.text) + "` needs sizes", type.name_place,
             "a tensor's type is written `" + std::string(word.text) +
                 "[B, T]`; one number alone is `" + std::string(word.text) + "[]`");
}

ExprPtr ExpressionParser::size(TypeRules rules) {
    const std::size_t first = position_;
    const bool bind = at("?"), rest = at("*");
    if (!bind && !rest) return std::move(value().expr);
    ++position_;
    const Token& name = peek();
    if (name.kind != Token::Kind::name) fail_expected("a name");
    ++position_;
    if (rest && rules != TypeRules::op)
        fail("HK2002", "`*" + std::string(name.text) + "` is known in op entries only",
             place_from(first));
    if (bind && (rules == TypeRules::port || rules == TypeRules::input))
        fail("HK2002",
             "`?" + std::string(name.text) + "` binds a size only under `in:` of a block or op",
             place_from(first), "declare `" + std::string(name.text) + "` under `dims:`");
    Part part = make(bind ? Expr::Kind::bind : Expr::Kind::rest, first, 1);
    part.expr->text = name.text;
    part.expr->text_place = place_of(name);
    return std::move(part.expr);
}

TypeExpr ExpressionParser::whole_type(TypeRules rules) {
    TypeExpr type;
    const std::size_t first = position_;
    type_word(type, rules);
    if (accept("[")) {
        while (!at("]")) {
            if (!type.sizes.empty()) expect(",");
            type.sizes.push_back(size(rules));
        }
        ++position_;
    }
    type.place = place_from(first);
    if (at("or")) {
        const std::size_t start = position_++;
        const bool none = accept("none");
        if (!none) type.fill = std::move(conjunction().expr);
        const bool of_block = rules == TypeRules::argument || rules == TypeRules::op;
        if (none && !of_block)
            fail("HK2004", "`or none` is for inputs of blocks", place_from(start),
                 rules == TypeRules::input
                     ? "write a condition, `if ...`, or what stands in its place: `or 0.0`"
                     : "write a condition: `if ...`");
        if (!none && rules != TypeRules::input)
            fail("HK2004", "a value to stand in is for inputs of a graph", place_from(start),
                 of_block ? "write `or none`" : "");
        type.or_none = none;
        type.place = place_from(first);
    }
    if (at("if")) {
        const std::size_t start = position_++;
        type.condition = std::move(disjunction().expr);
        if (rules == TypeRules::argument || rules == TypeRules::custom_op)
            fail("HK2004", "an input of a block takes no condition", place_from(start),
                 "write `or none` and leave the input out");
        type.place = place_from(first);
    }
    expect_end();
    return type;
}

bool is_cut_call(const DocNode& node) {
    if (!node.is_scalar() || !node.flow || node.style != DocNode::Style::plain) return false;
    std::ptrdiff_t open = 0;
    bool bad_string = false;
    for (const Token& token : lex_expression(node.text)) {
        if (token.problem == "HK1106") bad_string = true;
        if (token.kind != Token::Kind::mark) continue;
        if (token.text == "(") ++open;
        if (token.text == ")") --open;
    }
    return open > 0 || (bad_string && node.text.find('(') != std::string::npos);
}

void report_cut_call(ParseState& state, const DocNode& node) {
    state.out
        .error(state.source, "HK1105",
               "this call is cut off: inside { } or [ ] a `,` ends a YAML value", node.place,
               "YAML sees only this")
        .help("write each call on its own `- ` line, or quote it");
}

namespace {

/// `{op: name, args: [...], attrs: {...}}`
ExprPtr read_call_map(ParseState& state, const DocNode& node) {
    const DocNode* op = node.find("op");
    bool good = true;
    for (const DocNode::Member& member : node.members) {
        const std::string& key = member.key.text;
        if (key == "op" || key == "args" || key == "attrs") continue;
        constexpr std::array<std::string_view, 3> known = {"op", "args", "attrs"};
        std::string help = did_you_mean_help(key, known);
        if (key == "in") help = "inputs go into `args: [...]`";
        if (key == "out") help = "the result's name is the key before it: `q: {op: linear, ...}`";
        state.out.error(state.source, "HK1213", "a call has no `" + key + "`", member.key.place)
            .help(help.empty() ? "known are op, args, attrs" : help);
        good = false;
    }
    if (!op->is_scalar() || !is_name(op->text)) {
        state.out.error(state.source, "HK1201", "`op:` must be the name of an op or block",
                        op->place);
        return nullptr;
    }
    auto call = std::make_unique<Expr>();
    call->kind = Expr::Kind::call;
    call->text = op->text;
    call->text_place = op->place;
    call->place = node.place;
    ++state.nodes;
    if (const DocNode* args = node.find("args"); args && !args->is_null()) {
        if (!args->is_list()) {
            state.out.error(state.source, "HK1214", "`args:` must be a list", args->place);
            return nullptr;
        }
        for (const DocNode& item : args->items) {
            Expr::Argument argument;
            argument.value = read_expression(state, item);
            good = good && argument.value;
            call->arguments.push_back(std::move(argument));
        }
    }
    if (const DocNode* attrs = node.find("attrs"); attrs && !attrs->is_null()) {
        if (!attrs->is_map()) {
            state.out.error(state.source, "HK1214", "`attrs:` must be a map", attrs->place);
            return nullptr;
        }
        for (const DocNode::Member& member : attrs->members) {
            Expr::Argument argument;
            argument.name = member.key.text;
            argument.name_place = member.key.place;
            argument.value = read_expression(state, member.value);
            good = good && argument.value;
            call->arguments.push_back(std::move(argument));
        }
    }
    return good ? std::move(call) : nullptr;
}

}  // namespace

ExprPtr read_expression(ParseState& state, const DocNode& node) {
    if (node.is_list()) {
        auto list = std::make_unique<Expr>();
        list->kind = Expr::Kind::list;
        list->place = list->text_place = node.place;
        ++state.nodes;
        bool good = true;
        for (const DocNode& item : node.items) {
            list->children.push_back(read_expression(state, item));
            good = good && list->children.back();
        }
        return good ? std::move(list) : nullptr;
    }
    if (node.is_map() && node.find("op")) return read_call_map(state, node);
    if (node.is_map()) {
        state.out
            .error(state.source, "HK1209", "an expression was expected here, got a map", node.place)
            .help(
                "a call is written `name(...)`; tools may write `{op: name, args: [...], attrs: "
                "{...}}`");
        return nullptr;
    }
    if (node.is_null()) {
        state.out
            .error(state.source, "HK1208", "a value is missing here",
                   node.text.empty() ? state.source->place(node.begin, node.begin + 1) : node.place)
            .help("nothing is written `none`");
        return nullptr;
    }
    if (node.style == DocNode::Style::block) {
        state.out
            .error(state.source, "HK1202", "expressions may not use block scalars (`|`, `>`)",
                   state.source->place(node.begin, node.begin + 1))
            .help("write one call per line; a list is a pipeline");
        return nullptr;
    }
    try {
        return ExpressionParser(state, node).whole_expression();
    } catch (const ExpressionParser::Failed&) {
        return nullptr;
    }
}

std::optional<TypeExpr> read_type(ParseState& state, const DocNode& node, TypeRules rules) {
    if (!node.is_scalar() || node.style == DocNode::Style::block) {
        state.out
            .error(state.source, "HK1215", "a type was expected here",
                   node.place.length > 0 ? node.place
                                         : state.source->place(node.begin, node.begin + 1))
            .help("for instance `float[B, T, d]`");
        return std::nullopt;
    }
    try {
        return ExpressionParser(state, node).whole_type(rules);
    } catch (const ExpressionParser::Failed&) {
        return std::nullopt;
    }
}

ExprPtr parse_expression(const SourcePtr& source, const DocNode& node, Diagnostics& out,
                         const Limits& limits) {
    ParseState state{source, out, limits};
    return read_expression(state, node);
}

ExprPtr parse_expression(std::string_view name, std::string_view text, Diagnostics& out,
                         const Limits& limits) {
    auto source = std::make_shared<const Source>(std::string(name), std::string(text));
    if (const auto at = find_invalid_utf8(source->text())) {
        out.error(source, "HK1002", "text is not UTF-8", source->place(*at, *at + 1));
        return nullptr;
    }
    if (text.size() > limits.max_bytes) {
        out.error(
            source, "HK3001",
            "text is longer than the limit of " + std::to_string(limits.max_bytes) + " bytes");
        return nullptr;
    }
    DocNode node;
    node.kind = DocNode::Kind::scalar;
    node.text = text;
    node.end = static_cast<std::uint32_t>(text.size());
    node.runs.push_back({0, 0});
    node.place = source->place(0, text.size());
    return parse_expression(source, node, out, limits);
}

std::optional<TypeExpr> parse_type(const SourcePtr& source, const DocNode& node, TypeRules rules,
                                   Diagnostics& out, const Limits& limits) {
    ParseState state{source, out, limits};
    return read_type(state, node, rules);
}

}  // namespace hekla::graph
