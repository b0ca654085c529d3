// SPDX-License-Identifier: MIT
// The canonical layout: the example files are it, everything else becomes it, and nothing changes its meaning.
#include "graph/parse.hpp"

#include "files.hpp"

#include <catch2/catch_test_macros.hpp>

#include <random>
#include <set>

using namespace hekla;
using namespace hekla::graph;
using test::text_source;

namespace {

std::string format(const std::string& text) {
    Diagnostics out;
    const auto result = format_graph_file(text_source(text), out);
    INFO(out.text());
    REQUIRE(result);
    return *result;
}

/// Comments without what stands before them; good enough for texts without `#` in strings.
std::multiset<std::string> comments(const std::string& text) {
    std::multiset<std::string> result;
    for (std::size_t at = 0; (at = text.find('#', at)) != std::string::npos;) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string comment = text.substr(at, end - at);
        comment.erase(comment.find_last_not_of(" \t\r") + 1);
        result.insert(comment);
        at = end;
    }
    return result;
}

}  // namespace

TEST_CASE("the repository's graph files are in the canonical layout") {
    for (const auto& path : test::good_graphs()) {
        INFO(path);
        CHECK(format(test::read_text(path)) == test::read_text(path));
    }
}

TEST_CASE("an untidy file") {
    const std::string untidy = R"~(

# head
hekla:   1
name:   "x"   # nm
params:

   a:   { from : [ b,c ],default: 'max( 1 ,2)' }   # trailing

   # about b

   # more
   b:
      from:
      - x    # first
      - y
      default:    a+b *c- -d  if  not(x)or y else [ a,b ] [ 0 ]
   # end of params


graph:
  # inside
  y:
  - f( x ,k = 1 )
  -   g(_,
       w.a{ i+1 } . b) # why
  z: [f(x),
     g(_)]   # flow
  q: {repeat: 3, # three
      from: x,
      step: "f(_, 'a')"}
extras:
  text: |   # keep
      two
        three

      four
  list: [ "a" , {b: 'c  d'} ]
outputs:
    y: float[ B,T ,n-1]
# tail)~";
    const std::string tidy = R"~(# head
hekla: 1
name: "x"     # nm

params:
  a: {from: [b, c], default: "max(1, 2)"}          # trailing

  # about b

  # more
  b:
    from:
      - x    # first
      - y
    default: a+b * c - -d if not (x) or y else [a, b][0]
  # end of params

graph:
  # inside
  y:
    - f(x, k=1)
    - g(_,
        w.a{i+1}.b)    # why
  z:
    - f(x)
    - g(_)   # flow
  q:             # three
    repeat: 3
    from: x
    step: f(_, 'a')

extras:
  text: |   # keep
    two
      three

    four
  list: ["a", {b: 'c  d'}]

outputs:
  y: float[B, T, n-1]
# tail
)~";
    CHECK(format(untidy) == tidy);
    CHECK(format(tidy) == tidy);
}

TEST_CASE("JSON becomes YAML that people can edit, sections in their order") {
    const std::string json =
        R"~({"blocks":{"up":{"body":{"y":["conv(x, w, out=C)","relu(_)"]},"in":[{"x":"float[B, ?C]"},{"w":"weights"}],"out":"y"}},
"dims":{"B":{"max":64}},"graph":{"image":"up(z, w.main[0])"},"hekla":1,"inputs":{"z":"float[B, 3]"},
"name":"a \"quoted\" name: \ud83d\ude00","outputs":{"image":"float[B, 3]"},"params":{"a":{"default":[1,2],"from":"k"},"b":null},
"weights":{"unused":["*.x"]}})~";
    const std::string yaml = R"~(hekla: 1
name: "a \"quoted\" name: 😀"

params:
  a: {from: k, default: [1, 2]}
  b: null

dims:
  B: {max: 64}

weights: {unused: ["*.x"]}

inputs:
  z: float[B, 3]

blocks:
  up:
    in:
      - x: float[B, ?C]
      - w: weights
    body:
      y:
        - conv(x, w, out=C)
        - relu(_)
    out: y

graph:
  image: up(z, w.main[0])

outputs:
  image: float[B, 3]
)~";
    CHECK(format(json) == yaml);
    CHECK(format(yaml) == yaml);
}

TEST_CASE("texts that need quotes keep them") {
    for (const std::string text : {"*.a",
                                   "{b}",
                                   "a: b",
                                   "a #b",
                                   "- a",
                                   "-",
                                   "?",
                                   "'a'",
                                   "\"",
                                   "a\\b",
                                   "a\nb",
                                   " a",
                                   "a ",
                                   "null",
                                   "~",
                                   "[a",
                                   "a:",
                                   "%a",
                                   "@a",
                                   "`a",
                                   "!a",
                                   "&a",
                                   "|",
                                   ">",
                                   "---",
                                   "\x7f",
                                   "\xC2\xA0",
                                   "\xC2\x85",
                                   "\xEF\xBB\xBF",
                                   "\xE2\x80\xA8",
                                   "a\tb",
                                   "a,b",
                                   "a]b",
                                   "é",
                                   "true",
                                   "1",
                                   "a'b\"c"}) {
        std::string json;
        for (char c : text)
            json += c == '"' || c == '\\' ? std::string("\\") + c
                    : c == '\n'           ? "\\n"
                    : c == '\t'           ? "\\t"
                                          : std::string(1, c);
        if (text == "\x7f") json = "\\u007f";
        if (text == "\xC2\x85") json = "\\u0085";
        if (text == "\xEF\xBB\xBF") json = "\\ufeff";
        const std::string file = R"({"hekla":1,"serves":[")" + json +
                                 R"("],"weights":{"rename":{")" + json + "\":\"" + json + "\"}}}";
        INFO(file);
        const std::string formatted = format(file);
        INFO(formatted);
        Diagnostics out;
        const auto document = parse_document(text_source(formatted), out);
        INFO(out.text());
        REQUIRE(document);
        CHECK(document->root.find("serves")->items.at(0).text == text);
        CHECK(document->root.find("weights")->find("rename")->members.at(0).key.text == text);
        CHECK(format(formatted) == formatted);
    }
}

TEST_CASE("a file that is no YAML is not formatted, one with other mistakes is") {
    Diagnostics out;
    CHECK_FALSE(format_graph_file(text_source("hekla: &a 1\n"), out));
    CHECK(out.has_errors());
    CHECK(format("hekla: 7\nnonsense:   {a: f(}\n") == "hekla: 7\n\nnonsense: {a: f(}\n");
    CHECK(format("a\n") == "a\n");
    CHECK(format("[a,   b]") == "- a\n- b\n");
}

TEST_CASE("formatting twice changes nothing, and comments stay, whatever the file looks like") {
    std::mt19937 random(11);
    std::vector<std::string> texts;
    for (const auto& path : test::good_graphs()) texts.push_back(test::read_text(path));
    std::size_t formatted = 0;
    for (int round = 0; round < 1000; ++round) {
        std::string text = texts[random() % texts.size()];
        const int changes = 1 + static_cast<int>(random() % 8);
        for (int i = 0; i < changes; ++i) {
            const std::size_t line = text.find('\n', random() % text.size());
            if (line == std::string::npos) continue;
            const std::size_t at = random() % text.size();
            switch (random() % 7) {
                case 0:
                    text.insert(line + 1, "\n");
                    break;
                case 1:
                    text.insert(line + 1, std::string(random() % 9, ' ') + "# note " +
                                              std::to_string(i) + "\n");
                    break;
                case 2:
                    text.insert(line, "   # behind " + std::to_string(i));
                    break;
                case 3:
                    text.erase(at, 1 + random() % 4);
                    break;
                case 4:
                    text.insert(text.find(' ', at) == std::string::npos ? 0 : text.find(' ', at),
                                " ");
                    break;
                case 5:
                    text.insert(std::min(text.find(',', at), text.size()), 1, ' ');
                    break;
                default:
                    text.insert(std::min(text.find_first_of("([", at), text.size() - 1) + 1,
                                "\n        ");
                    break;
            }
        }
        Diagnostics out;
        std::optional<std::string> once;
        INFO(text);
        REQUIRE_NOTHROW(once = format_graph_file(text_source(text), out));
        if (!once) continue;
        ++formatted;
        CHECK(format(*once) == *once);
        CHECK(comments(*once) == comments(text));
    }
    CHECK(formatted > 200);
}
