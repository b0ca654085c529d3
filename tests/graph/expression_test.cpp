// SPDX-License-Identifier: MIT
// The expression language: trees, places, messages.
#include "graph/parse.hpp"

#include "files.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>

using namespace hekla;
using namespace hekla::graph;

namespace {

/// The tree with every bracket written out.
std::string tree(const Expr& expr) {
    std::string text;
    switch (expr.kind) {
        case Expr::Kind::integer:
            return std::to_string(expr.integer);
        case Expr::Kind::call: {
            text = expr.text + "(";
            for (const Expr::Argument& argument : expr.arguments)
                text += (argument.name.empty() ? "" : argument.name + "=") + tree(*argument.value) +
                        ";";
            return text + ")";
        }
        case Expr::Kind::unary:
            return "(" + expr.text + " " + tree(*expr.children.at(0)) + ")";
        case Expr::Kind::binary:
            return "(" + tree(*expr.children.at(0)) +
                   (expr.text.size() == 3 || expr.text == "or" ? " " + expr.text + " "
                                                               : expr.text) +
                   tree(*expr.children.at(1)) + ")";
        case Expr::Kind::conditional:
            text = "(" + tree(*expr.children.at(0)) + " if " + tree(*expr.children.at(1));
            if (expr.children.size() > 2) text += " else " + tree(*expr.children[2]);
            return text + ")";
        case Expr::Kind::member:
            text = tree(*expr.children.at(0)) + "." + expr.text;
            if (expr.children.size() > 1) text += "{" + tree(*expr.children[1]) + "}";
            return text;
        case Expr::Kind::index:
            return tree(*expr.children.at(0)) + "[" + tree(*expr.children.at(1)) + "]";
        case Expr::Kind::list:
            for (const ExprPtr& child : expr.children) text += tree(*child) + ";";
            return "[" + text + "]";
        default:
            return to_text(expr);
    }
}

std::string tree(std::string_view text) {
    Diagnostics out;
    const ExprPtr expr = parse_expression("test", text, out);
    if (!expr)
        return out.list().front().code + " " +
               std::to_string(out.list().front().primary.place.column) + " " +
               out.list().front().message;
    CHECK(out.empty());
    return tree(*expr);
}

std::string help_of(std::string_view text) {
    Diagnostics out;
    CHECK_FALSE(parse_expression("test", text, out));
    return out.list().front().help_text;
}

std::string canonical(std::string_view text) {
    Diagnostics out;
    const ExprPtr expr = parse_expression("test", text, out);
    REQUIRE(expr);
    return to_text(*expr);
}

/// The text that a place covers, line ends as they are.
std::string covered(const Source& source, Place place) {
    std::string_view text = std::string_view(source.text()).substr(source.offset(place));
    std::size_t end = 0;
    for (std::uint32_t i = 0; i < place.length; ++i)
        end += std::max<std::size_t>(1, utf8_length(text.substr(end)));
    return std::string(text.substr(0, end));
}

const Expr* find(const Expr& expr, std::string_view text) {
    if (expr.text == text) return &expr;
    for (const ExprPtr& child : expr.children)
        if (const Expr* found = find(*child, text)) return found;
    for (const Expr::Argument& argument : expr.arguments)
        if (const Expr* found = find(*argument.value, text)) return found;
    return nullptr;
}

}  // namespace

TEST_CASE("operators bind as they do in arithmetic") {
    CHECK(tree("a + b * c - d") == "((a+(b*c))-d)");
    CHECK(tree("a // b / c % d") == "(((a//b)/c)%d)");
    CHECK(tree("-a ^ 2") == "(- (a^2))");
    CHECK(tree("2 ^ -1 ^ 3") == "(2^(- (1^3)))");
    CHECK(tree("2^3^2") == "(2^(3^2))");
    CHECK(tree("- - a * b") == "((- (- a))*b)");
    CHECK(tree("not a == b and c or d") == "(((not (a==b)) and c) or d)");
    CHECK(tree("not not a") == "(not (not a))");
    CHECK(tree("a + 1 <= b * 2") == "((a+1)<=(b*2))");
    CHECK(tree("(a + b) * c") == "((a+b)*c)");
    CHECK(tree("a if b else c if d else e") == "(a if b else (c if d else e))");
    CHECK(tree("a if b or c") == "(a if (b or c))");
    CHECK(tree("f(a if b else c, d)") == "f((a if b else c);d;)");
    CHECK(tree("x + conv(y) if z else x") == "((x+conv(y;)) if z else x)");
}

TEST_CASE("calls, members, lists") {
    CHECK(tree("f()") == "f()");
    CHECK(tree("linear(g(x), w.h[i].c_attn, out=3*d)") == "linear(g(x;);w.h[i].c_attn;out=(3*d);)");
    CHECK(tree("w.rdb{j + 1}.conv") == "w.rdb{(j+1)}.conv");
    CHECK(tree("w.b{8 * 2^i}") == "w.b{(8*(2^i))}");
    CHECK(tree("downs[levels-1-k].skips[j]") == "downs[((levels-1)-k)].skips[j]");
    CHECK(tree("parts[-1]") == "parts[(- 1)]");
    CHECK(tree("[a, [b], []] + rest") == "([a;[b;];[];]+rest)");
    CHECK(tree("f(x)[0].y") == "f(x;)[0].y");
    CHECK(tree("_.x") == "_.x");
    CHECK(tree("w.not.if") == "w.not.if");  // after a point every word is a name
}

TEST_CASE("literals") {
    CHECK(tree("9223372036854775807") == "9223372036854775807");
    CHECK(tree("-9223372036854775808") == std::to_string(std::numeric_limits<std::int64_t>::min()));
    CHECK(tree("9223372036854775808") ==
          "HK1103 1 integer `9223372036854775808` does not fit in 64 bits");
    CHECK(tree("2 - 9223372036854775808") ==
          "HK1103 5 integer `9223372036854775808` does not fit in 64 bits");
    Diagnostics out;
    CHECK(parse_expression("t", "1e-5", out)->real == 1e-5);
    CHECK(parse_expression("t", "0.0", out)->kind == Expr::Kind::real);
    CHECK(parse_expression("t", "12.5E+3", out)->real == 12500.0);
    CHECK(tree("1e-400") == "HK1103 1 number `1e-400` does not fit in 64 bits");
    CHECK(tree("1e999") == "HK1103 1 number `1e999` does not fit in 64 bits");
    CHECK(parse_expression("t", "'it is \"x\"'", out)->text == "it is \"x\"");
    CHECK(parse_expression("t", "\"halv\"", out)->kind == Expr::Kind::string);
    CHECK(parse_expression("t", "true", out)->integer == 1);
    CHECK(parse_expression("t", "none", out)->kind == Expr::Kind::none);
}

TEST_CASE("numbers that other readers take for something else are refused") {
    for (const std::string text :
         {"010", "1.", "1.e5", "0x10", "1_000", "2d", "1e", "1e+", "00", "1.2.3"}) {
        INFO(text);
        CHECK(tree(text).starts_with("HK11"));
    }
    CHECK(tree("010") == "HK1104 1 `010` is not a number");
    CHECK(help_of("010") == "numbers do not start with 0");
    CHECK(tree(".5") == "HK1102 1 expected a value, found `.`");
    CHECK(tree("0") == "0");
}

TEST_CASE("what is wrong is said where it is") {
    CHECK(tree("") == "HK1208 1 a value is missing here");
    CHECK(tree("f(a, b") == "HK1102 7 expected `,`, found end of value");
    CHECK(tree("f(a b)") == "HK1102 5 expected `,`, found `b`");
    CHECK(tree("f(a,)") == "HK1102 5 expected a value, found `)`");
    CHECK(tree("(a") == "HK1102 3 expected `)`, found end of value");
    CHECK(tree("a[0") == "HK1102 4 expected `]`, found end of value");
    CHECK(tree("a b") == "HK1102 3 expected end of value, found `b`");
    CHECK(tree("a +") == "HK1102 4 expected a value, found end of value");
    CHECK(tree("a else b") == "HK1102 3 expected end of value, found `else`");
    CHECK(tree("a if") == "HK1102 5 expected a value, found end of value");
    CHECK(tree("a = b") == "HK1102 3 expected end of value, found `=`");
    CHECK(help_of("a = b") == "`=` sets a setting within a call; equality is `==`");
    CHECK(tree("a ** b") == "HK1102 4 expected a value, found `*`");
    CHECK(help_of("a ** b") == "a power is written `^`");
    CHECK(tree("a && b") == "HK1101 3 character `&` has no meaning here");
    CHECK(help_of("a && b") == "write `and`");
    CHECK(tree("a $ b") == "HK1101 3 character `$` has no meaning here");
    CHECK(tree("größe") == "HK1101 3 character `ö` has no meaning here");
    CHECK(tree("f('a") == "HK1106 3 string is not closed: ' is missing");
    CHECK(tree("a < b < c") == "HK1107 7 comparisons cannot be chained");
    CHECK(tree("w.f(x)") == "HK1109 1 only ops, blocks and functions can be called");
    CHECK(tree("f(a=1, b)") ==
          "HK1110 8 what is given by position comes before what is given by name");
    CHECK(tree("f(a=1, b=2, a=3)") == "HK1111 13 `a` is given twice");
    CHECK(tree("w.layers.0.x") == "HK1102 10 expected a name, found `0`");
    CHECK(help_of("w.layers.0.x") == "numbered children are written `[0]`");
    CHECK(tree("w.a{i}b") == "HK1102 7 a number in { } ends the name, found `b`");
    CHECK(tree("w.a {i}") == "HK1102 5 expected end of value, found `{`");
    CHECK(tree("?C") == "HK1102 1 expected a value, found `?`");
}

TEST_CASE("the canonical spelling reads as the same tree") {
    for (const std::string text : {"(a+b)*c",
                                   "a-(b-c)",
                                   "a/(b*c)",
                                   "(a/b)*c",
                                   "-(a+b)",
                                   "(-a)^2",
                                   "-a^2",
                                   "2^(3^2)",
                                   "(2^3)^2",
                                   "2^-1",
                                   "not (a and b)",
                                   "(not a) and b",
                                   "(a if b else c) if d else e",
                                   "a if b else (c if d else e)",
                                   "f((a if b else c) + 1)",
                                   "(a == b) == c",
                                   "(a + b).x",
                                   "[a, b][0]",
                                   "w.x{i + 1}[2].y",
                                   "1.0 + 1e-5 * 1e30",
                                   "'a' == \"it's\"",
                                   "a or b and not c",
                                   "(a or b) and c",
                                   "-9223372036854775808",
                                   "a % (b // c)",
                                   "a if b"}) {
        INFO(text << " -> " << canonical(text));
        CHECK(tree(canonical(text)) == tree(text));
        CHECK(canonical(canonical(text)) == canonical(text));
    }
    CHECK(canonical("( (a)+b )*c") == "(a + b) * c");
    CHECK(canonical("1.0") == "1.0");
    CHECK(canonical("2 ^ (n-1)") == "2^(n - 1)");
}

TEST_CASE("places are exact over line breaks, in quotes and behind escapes") {
    const auto source = test::text_source(
        "a: first(x,  y)\n"
        "      + second(é, z\n"
        "         .zz)\n"
        "b: 'third(''it'', fourth)'\n"
        "c: \"fi\\u0066th(\\\"s\\\",\n"
        "   sixth)\"\n"
        "d: {k: seventh}\r\n");
    Diagnostics out;
    const auto document = parse_document(source, out);
    INFO(out.text());
    REQUIRE(document);
    const auto place = [&](std::string_view key, std::string_view text) -> std::string {
        Diagnostics quiet;
        const ExprPtr expr = parse_expression(source, *document->root.find(key), quiet);
        if (!expr) return "failed";
        const Expr* found = find(*expr, text);
        return found ? covered(*source, found->place) : "not found";
    };
    Diagnostics quiet;
    CHECK_FALSE(parse_expression(source, *document->root.find("a"), quiet));
    CHECK(quiet.list().front().primary.place == Place{2, 16, 1});  // é
    CHECK(place("b", "third") == "third(''it'', fourth)");
    CHECK(place("b", "fourth") == "fourth");
    CHECK(place("b", "it") == "'it''");  // a doubled quote is its second half
    CHECK(place("c", "sixth") == "sixth");
    CHECK(place("c", "fifth") == "fi\\u0066th(\\\"s\\\",\n   sixth)");
    CHECK(place("d", "failed") == "failed");
    const DocNode* seventh = document->root.find("d")->find("k");
    CHECK(seventh->place == Place{7, 8, 7});

    const auto lines = test::text_source("a: f(x,  y)\n      + g(u, z\n         .zz)\n");
    const auto second = parse_document(lines, out);
    REQUIRE(second);
    const ExprPtr expr = parse_expression(lines, second->root.members[0].value, out);
    REQUIRE(expr);
    CHECK(covered(*lines, find(*expr, "g")->place) == "g(u, z\n         .zz)");
    CHECK(find(*expr, "g")->place.line == 2);
    CHECK(find(*expr, "zz")->text_place == Place{3, 11, 2});
    CHECK(covered(*lines, find(*expr, "y")->place) == "y");
    CHECK(expr->place == Place{1, 4, 37});
}

TEST_CASE("types") {
    const auto type = [](const std::string& text, TypeRules rules) -> std::string {
        Diagnostics out;
        const auto source = test::text_source("- " + text + "\n");
        const auto document = parse_document(source, out);
        REQUIRE(document);
        const auto result = parse_type(source, document->root.items.at(0), rules, out);
        if (!result)
            return out.list().front().code + " " +
                   std::to_string(out.list().front().primary.place.column);
        return to_text(*result);
    };
    using enum TypeRules;
    CHECK(type("float[B,T , 4*d]", port) == "float[B, T, 4 * d]");
    CHECK(type("float[]", port) == "float[]");
    CHECK(type("i32[B] if a == 'x' or b", port) == "i32[B] if a == 'x' or b");
    CHECK(type("float[B] or 2*k if a or b", input) == "float[B] or 2 * k if a or b");
    CHECK(type("bool[B, 1]", argument) == "bool[B, 1]");
    CHECK(type("bool", argument) == "bool");
    CHECK(type("float[?C, C/2] or none", argument) == "float[?C, C / 2] or none");
    for (const std::string word : {"weights", "state", "int", "num", "bool", "str", "list"})
        CHECK(type(word, argument) == word);
    CHECK(type("any[*N, ?C]", op) == "any[*N, ?C]");
    CHECK(type("x[*N]", op) == "x[*N]");

    CHECK(type("float", port) == "HK2003 3");
    CHECK(type("float", argument) == "HK2003 3");
    CHECK(type("int[3]", argument) == "HK2003 6");
    CHECK(type("int", port) == "HK2001 3");
    CHECK(type("fp16[B]", argument) == "HK2001 3");
    CHECK(type("x[B]", argument) == "HK2001 3");
    CHECK(type("float[?C]", port) == "HK2002 9");
    CHECK(type("float[*N]", argument) == "HK2002 9");
    CHECK(type("float[B] or none", port) == "HK2004 12");
    CHECK(type("float[B] or none", input) == "HK2004 12");
    CHECK(type("float[B] or 1.0", port) == "HK2004 12");
    CHECK(type("float[B] or 1.0", argument) == "HK2004 12");
    CHECK(type("float[B] if c", argument) == "HK2004 12");
    CHECK(type("float[B", port) == "HK1102 10");
    CHECK(type("float[B] x", port) == "HK1102 12");
    CHECK(type("3", port) == "HK1102 3");
}
