// SPDX-License-Identifier: MIT
// Hostile files: each is refused with a reason, quickly and without exhausting the stack.
#include "graph/parse.hpp"

#include "files.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <random>

using namespace hekla;
using namespace hekla::graph;
using test::text_source;

namespace {

std::string repeated(std::string_view text, std::size_t count) {
    std::string result;
    for (std::size_t i = 0; i < count; ++i) result += text;
    return result;
}

std::string code_of(const std::string& text, const Limits& limits = {}) {
    Diagnostics out;
    const auto model = parse_graph_file(text_source(text), out, limits);
    if (out.empty()) return model ? "" : "silent";
    CHECK_FALSE(model);
    return out.list().front().code;
}

const std::string head = "hekla: 1\n";
const std::string tail = "\ngraph: {y: x}\noutputs:\n  y: float[]\n";

}  // namespace

TEST_CASE("nesting of lists and maps is limited") {
    for (const std::string_view opening : {"[", "{a: ", "- ", "? ", "[{a: "}) {
        INFO(opening);
        CHECK(code_of(repeated(opening, 100'000)) == "HK3002");
    }
    std::string steps = head + "extras:\n";
    for (std::size_t i = 1; i < 70; ++i) steps += std::string(i, ' ') + "a:\n";
    CHECK(code_of(steps + tail) == "HK3002");
    CHECK(code_of(head + "extras: " + repeated("[", 60) + repeated("]", 60) + tail) == "");
    Limits limits;
    limits.max_depth = 8;
    CHECK(code_of(head + "extras: " + repeated("[", 60) + repeated("]", 60) + tail, limits) ==
          "HK3002");
}

TEST_CASE("nesting of expressions is limited") {
    const auto expression = [](const std::string& text) {
        return code_of(head + "graph:\n  y: " + text + "\noutputs:\n  y: float[]\n");
    };
    for (const std::string_view opening :
         {"(", "f(", "x + [", "w[", "x.a{", "- ", "2^", "a if b else ", "f(a="}) {
        INFO(opening);
        CHECK(expression("x + " + repeated(opening, 20'000) + "x") == "HK3005");
    }
    CHECK(expression(repeated("not ", 20'000) + "x") == "HK3005");
    for (const std::string_view link : {" + x", " * x", " and x", ".x", "[0]"}) {
        INFO(link);
        CHECK(expression("x" + repeated(link, 20'000)) == "HK3005");
    }
    CHECK(expression(repeated("(", 100) + "x" + repeated(")", 100)) == "");
    CHECK(expression("x" + repeated(" + x", 100)) == "");
}

TEST_CASE("the number of nodes is limited") {
    CHECK(code_of(head + "extras: [" + repeated("x,", 300'000) + "]" + tail) == "HK3004");
    CHECK(code_of(head + "params:\n  a: max(" + repeated("1,", 300'000) + "1)" + tail) == "HK3004");
    CHECK(code_of(head + "extras: [" + repeated("x,", 100'000) + "]" + tail) == "");
}

TEST_CASE("the size is limited") {
    CHECK(code_of(head + "# " + std::string(5 << 20, 'x') + tail) == "HK3001");
    CHECK(code_of(head + "# " + std::string(3 << 20, 'x') + tail) == "");
}

TEST_CASE("aliases, anchors, tags, merges and second documents are refused") {
    CHECK(code_of("hekla: 1\nextras: &a x\n") == "HK1004");
    CHECK(code_of("hekla: 1\nextras: *a\n") == "HK1004");
    CHECK(code_of("hekla: 1\nextras: [*a]\n") == "HK1004");
    CHECK(code_of("&a hekla: 1\n") == "HK1004");
    CHECK(code_of("hekla: 1\nextras: {<<: {a: 1}}\n") == "HK1004");
    CHECK(code_of("hekla: 1\nextras: !!binary aGk=\n") == "HK1005");
    CHECK(code_of("hekla: 1\nextras: ! a\n") == "HK1005");
    CHECK(code_of("hekla: 1\nextras: !!map {a: b}\n") == "HK1005");
    CHECK(code_of("!!map\nhekla: 1\n") == "HK1005");
    CHECK(code_of("hekla: 1\n---\nhekla: 1\n") == "HK1007");
    CHECK(code_of("---\nhekla: 1" + tail) == "");
    CHECK(code_of("hekla: 1" + tail + "...\n") == "");
}

TEST_CASE("what is no plain UTF-8 text is refused") {
    CHECK(code_of("\xEF\xBB\xBFhekla: 1\n") == "HK1003");
    CHECK(code_of(std::string("\xFF\xFEh\0e\0", 6)) == "HK1002");
    CHECK(code_of(std::string("h\0e\0k\0l\0a\0", 10)) == "HK1002");
    CHECK(code_of(std::string("\0\0\0h", 4)) == "HK1002");
    CHECK(code_of(head + "name: a\x80" + tail) == "HK1002");
    CHECK(code_of(head + "name: \xC0\xAF" + tail) == "HK1002");          // overlong
    CHECK(code_of(head + "name: \xED\xA0\x80" + tail) == "HK1002");      // a surrogate
    CHECK(code_of(head + "name: \xF4\x90\x80\x80" + tail) == "HK1002");  // above U+10FFFF
    CHECK(code_of(head + std::string("name: abcd\0e", 12) + tail) == "HK1003");
    CHECK(code_of(head + "name: a\x1b[31m" + tail) == "HK1003");
    CHECK(code_of(head + "name: a\xC2\x9B" + tail) == "HK1003");
    CHECK(code_of(head + "name: größe 🦙" + tail) == "");
    CHECK(code_of("hekla: 1\r\ngraph: {y: x}\r\noutputs:\r\n  y: float[]\r\n") == "");
    CHECK(code_of("hekla: 1\rgraph: {y: x}\routputs:\r  y: float[]\r") == "HK1003");
}

TEST_CASE("tabs may stand in JSON, not indent YAML") {
    CHECK(code_of("hekla: 1\nparams:\n\ta: 1\n") == "HK1006");
    CHECK(code_of("hekla: 1\nparams:\n  \ta: 1\n") == "HK1006");
    CHECK(
        code_of(
            "{\n\t\"hekla\": 1,\n\t\"graph\": {\"y\":\t\"x\"},\"outputs\":{\"y\":\"float[]\"}}") ==
        "");
}

TEST_CASE("messages are bounded and cannot steer a terminal") {
    Diagnostics out;
    std::string text = head + "params:\n";
    for (int i = 0; i < 5000; ++i) text += "  a" + std::to_string(i) + ": (\n";
    CHECK_FALSE(parse_graph_file(text_source(text), out));
    CHECK(out.list().size() == 100);
    CHECK(out.error_count() >= 5000);
    CHECK(out.text().size() < 50'000);
    CHECK(out.text().find("further messages") != std::string::npos);

    Diagnostics long_line;
    CHECK_FALSE(parse_graph_file(
        text_source(head + "graph: {y: " + std::string(1 << 20, 'x') + "(}"), long_line));
    CHECK(long_line.text().size() < 2000);

    Diagnostics escape;
    CHECK_FALSE(parse_graph_file(text_source(head + "params: {\"\\e[31m\": 1}" + tail), escape));
    CHECK(escape.text().find('\x1b') == std::string::npos);
    CHECK(escape.json().find('\x1b') == std::string::npos);
}

TEST_CASE("long files take time in proportion") {
    using clock = std::chrono::steady_clock;
    const auto start = clock::now();
    code_of(head + "extras: \"" + repeated("\\u00e9", 600'000) + "\"" + tail);
    code_of(head + "extras: '" + repeated("é''", 600'000) + "'" + tail);
    code_of(head + "extras: " + repeated("é ", 600'000) + tail);
    code_of(head + "extras: {" + repeated("é: a, ", 150'000) + "}" + tail);
    code_of(head + "params: {a: " + repeated("é", 1'000'000) + "}" + tail);
    // Minutes if any step were quadratic; seconds with sanitizers.
    CHECK(clock::now() - start < std::chrono::seconds(60));
}

TEST_CASE("bytes changed at random are refused or read, never worse") {
    std::mt19937 random(7);
    std::vector<std::string> texts;
    for (const auto& path : test::good_graphs()) texts.push_back(test::read_text(path));
    const std::string_view spice = "{}[]():,#'\"\\|>&*!%@`?-_ \n\tx1.=^~<";
    std::size_t refused = 0;
    for (int round = 0; round < 1000; ++round) {
        std::string text = texts[random() % texts.size()];
        const int changes = 1 + static_cast<int>(random() % 6);
        for (int i = 0; i < changes; ++i) {
            const std::size_t at = random() % text.size();
            switch (random() % 4) {
                case 0:
                    text[at] = spice[random() % spice.size()];
                    break;
                case 1:
                    text.insert(at, 1, spice[random() % spice.size()]);
                    break;
                case 2:
                    text.erase(at, 1 + random() % 20);
                    break;
                default:
                    text[at] = static_cast<char>(random());
                    break;
            }
            if (text.empty()) text = "x";
        }
        Diagnostics out;
        const auto model = parse_graph_file(text_source(text), out);
        CHECK(model.has_value() == !out.has_errors());
        if (!model) {
            ++refused;
            CHECK_FALSE(out.text().empty());
            for (const Diagnostic& diagnostic : out.list())
                CHECK(diagnostic.primary.place.line >= 1);
        }
    }
    CHECK(refused > 150);
}
