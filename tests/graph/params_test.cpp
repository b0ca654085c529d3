// SPDX-License-Identifier: MIT
#include "fake_checkpoint.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace hekla;

namespace {

const std::string header = R"(
hekla: 1
name: small
serves: [small, tiny]
params:
  d: {from: [hidden_size, arch.embedding_length], default: 7}
  mode: {from: [rope.type, type], choice: [default, linear, gated-gelu]}
  heads: {from: heads, list: 4, default: 8}
  kinds: {from: kinds, list: 2, choice: [near, far], default: [near, far]}
  total: heads[0] + heads[1] + heads[2] + heads[3]
  scale: {from: scale, default: 1 / sqrt(d)}
  flag: {from: flag, default: mode == 'linear' and d > 7}
  must: {from: [a.b, c], default: 1}
expects: {act: silu, window: false, count: 3}
dims:
  B: {max: 4}
inputs:
  x: float[B, d]
graph:
  y: reshape(x, [B, d, 1]) if flag else relu(x)
)";

test::Checked open(const graph::CheckOptions& options, const std::string& output = "float[B, d]", std::string text = header) {
    return test::check(text + "outputs:\n  y: " + output + "\n", options);
}

std::string shape_of_output(const test::Checked& checked) {
    REQUIRE(checked.graph.has_value());
    const graph::TensorType& type = checked.graph->values[checked.graph->outputs.at(0).value].type;
    std::string text;
    for (const graph::Dim& dim : type.shape) text += dim.is_constant() ? std::to_string(dim.constant()) + " " : "? ";
    return text;
}

}  // namespace

TEST_CASE("values come from --set, then the checkpoint, then the default") {
    test::FakeCheckpoint checkpoint;
    graph::CheckOptions options;
    CHECK(shape_of_output(open(options)) == "? 7 ");
    options.checkpoint = &checkpoint;
    CHECK(shape_of_output(open(options)) == "? 7 ");
    checkpoint.set("hidden_size", std::int64_t{11});
    CHECK(shape_of_output(open(options)) == "? 11 ");
    options.set = {{"d", "13"}};
    CHECK(shape_of_output(open(options)) == "? 13 ");
    options.set = {{"d", "13"}, {"mode", "linear"}};
    CHECK(shape_of_output(open(options, "float[B, d, 1]")) == "? 13 1 ");
    options.set = {{"flag", "true"}};
    CHECK(shape_of_output(open(options, "float[B, d, 1]")) == "? 11 1 ");
    options.set = {{"mode", "gated-gelu"}};
    CHECK(shape_of_output(open(options)) == "? 11 ");
}

TEST_CASE("the first key that is there counts, and null is not there") {
    test::FakeCheckpoint checkpoint;
    graph::CheckOptions options;
    options.checkpoint = &checkpoint;
    checkpoint.settings["hidden_size"].value = std::monostate();
    checkpoint.set("arch.embedding_length", std::int64_t{5});
    CHECK(shape_of_output(open(options)) == "? 5 ");
}

TEST_CASE("words are checked") {
    test::FakeCheckpoint checkpoint;
    graph::CheckOptions options;
    options.checkpoint = &checkpoint;
    checkpoint.set("type", std::string("yarn"));
    CHECK(open(options).first().find("error[HK2112]: `type: yarn` in the checkpoint is not one of default, linear, gated-gelu\n") == 0);
    checkpoint.set("type", std::string("gated-gelu"));
    CHECK(open(options).graph.has_value());
    options.set = {{"mode", "liner"}};
    CHECK(open(options).first() ==
          "error[HK2112]: `liner` is not one of default, linear, gated-gelu\n  --> test.yaml\n   = help: did you mean `linear`?\n");
}

TEST_CASE("nth takes a place of a list, and anything else for each place") {
    graph::CheckOptions options;
    options.set = {{"d", "nth([3, 5], 1) + nth(4, 7)"}};
    CHECK(shape_of_output(open(options)) == "? 9 ");
    options.set = {{"d", "nth([3, 5], 2)"}};
    CHECK(open(options).first().find("error[HK2206]: place 2 of a list of 2\n") == 0);
    options.set = {{"d", "nth(3, -1)"}};
    CHECK(open(options).first().find("`nth` needs a place, 0 or more, got -1") != std::string::npos);
}

TEST_CASE("lists have their length") {
    test::FakeCheckpoint checkpoint;
    graph::CheckOptions options;
    options.checkpoint = &checkpoint;
    weights::ConfigValue two;
    two.value = std::int64_t{2};
    checkpoint.settings["heads"].value = std::make_shared<const weights::ConfigValue::List>(weights::ConfigValue::List{two, two});
    CHECK(open(options).first().find("error[HK2407]: `heads` has 2 values, needed are 4\n") == 0);
    checkpoint.set("heads", std::int64_t{3});
    CHECK(open(options).graph.has_value());
    options.set = {{"d", "total"}};
    CHECK(shape_of_output(open(options)) == "? 12 ");
    options.set = {{"kinds", "[near, here]"}};
    CHECK(open(options).first().find("error[HK2112]: `here` is not one of near, far\n") == 0);
}

TEST_CASE("expectations and served names") {
    test::FakeCheckpoint checkpoint;
    graph::CheckOptions options;
    options.checkpoint = &checkpoint;
    checkpoint.set("act", std::string("silu"));
    checkpoint.set("window", false);
    checkpoint.set("count", 3.0);
    checkpoint.architecture_name = "tiny";
    CHECK(open(options).graph.has_value());
    checkpoint.set("act", std::string("gelu"));
    CHECK(open(options).first().find("error[HK2402]: `act: gelu` in the checkpoint; this graph is right only for silu\n") == 0);
    checkpoint.set("act", std::string("silu"));
    checkpoint.set("window", true);
    CHECK(open(options).first().find("error[HK2402]: `window: true` in the checkpoint; this graph is right only for false\n") == 0);
    checkpoint.architecture_name = "gemma2";
    CHECK(open(options).first().find("error[HK2401]: this graph serves small, tiny; the checkpoint is `gemma2`\n") == 0);
    CHECK(graph::serves(*open(options).file, "tiny"));
    CHECK_FALSE(graph::serves(*open(options).file, "gemma2"));
}

TEST_CASE("a param without a value names the keys looked for") {
    std::string text = header;
    const std::string with_default = "must: {from: [a.b, c], default: 1}";
    text.replace(text.find(with_default), with_default.size(), "must: {from: [a.b, c]}");
    const test::Checked result = open({}, "float[B, d]", text);
    CHECK(result.first().find("error[HK2406]: `must` has no value\n") == 0);
    CHECK(result.first().find("help: the checkpoint has none of `a.b`, `c`; pass --set must=..., or give it a `default:`") != std::string::npos);
}

TEST_CASE("variants set params and add names") {
    const std::string text = R"(
hekla: 1
params:
  d: 7
  style: {choice: [half, pairs]}
weights:
  rename: {a: b}
  variants:
    wide: {set: {d: 9, style: pairs}, rename: {c: e}}
dims: {B: {max: 4}}
inputs:
  x: float[B, d]
graph:
  y: x + weight(w.c.weight, [d]) if style == 'pairs' else x + weight(w.a.weight, [d])
outputs:
  y: float[B, d]
)";
    graph::CheckOptions options;
    test::FakeCheckpoint checkpoint;
    options.checkpoint = &checkpoint;
    checkpoint.add("b.weight", {7});
    const test::Checked plain = test::check(text, options);
    INFO(plain.text());
    REQUIRE(plain.graph.has_value());
    CHECK(plain.graph->weights.at(0).name == "b.weight");
    checkpoint.remove("b.weight");
    checkpoint.add("e.weight", {9});
    options.variant = "wide";
    const test::Checked wide = test::check(text, options);
    INFO(wide.text());
    REQUIRE(wide.graph.has_value());
    CHECK(wide.graph->weights.at(0).name == "e.weight");
    options.variant = "narrow";
    CHECK(test::check(text, options).first().find("no variant `narrow`") != std::string::npos);
}

TEST_CASE("entries are chosen by name") {
    const auto source = test::load(std::filesystem::path(HEKLA_SOURCE_DIR) / "graphs/t5.yaml");
    graph::CheckOptions options;
    test::Checked result = test::check(source, options);
    CHECK(result.first().find("error[HK2202]: this file has several entries: encode, decode") == 0);
    CHECK(graph::entry_names(*result.file) == std::vector<std::string>{"encode", "decode"});
    options.entry = "encoder";
    CHECK(test::check(source, options).first().find("no entry `encoder` in t5.yaml") != std::string::npos);
    options.entry = "decode";
    result = test::check(source, options);
    REQUIRE(result.graph.has_value());
    CHECK(result.graph->entry == "decode");
}
