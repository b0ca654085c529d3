// SPDX-License-Identifier: MIT
#include "fake_checkpoint.hpp"

#include "graph/rename.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace hekla;
using graph::RenameTable;

namespace {

test::Checked open_gpt2(const test::FakeCheckpoint& checkpoint) {
    graph::CheckOptions options;
    options.checkpoint = &checkpoint;
    return test::check(test::load(std::filesystem::path(HEKLA_SOURCE_DIR) / "graphs/gpt2.yaml"), options);
}

bool complains(const test::Checked& checked, const std::string& text) { return checked.text().find(text) != std::string::npos; }

}  // namespace

TEST_CASE("names are looked up as written, then by the longest and plainest rule") {
    const RenameTable table({{"{part}", "transformer.{part}"},
                             {"wte", "token_embd"},
                             {"h.{i}.ln_1", "blk.{i}.attn_norm"},
                             {"model.layers.{i}.self_attn.{p}_proj", "blk.{i}.attn_{p}"},
                             {"model.layers.{i}.self_attn.o_proj", "blk.{i}.attn_output"}});
    using Names = std::vector<std::string>;
    CHECK(table.names("wte.weight") == Names{"wte.weight", "token_embd.weight", "transformer.wte.weight"});
    CHECK(table.names("h.11.ln_1.bias") == Names{"h.11.ln_1.bias", "blk.11.attn_norm.bias", "transformer.h.11.ln_1.bias"});
    CHECK(table.names("model.layers.3.self_attn.q_proj.weight")[1] == "blk.3.attn_q.weight");
    CHECK(table.names("model.layers.3.self_attn.o_proj.weight")[1] == "blk.3.attn_output.weight");
    CHECK(table.names("model.layers.3.self_attn.o_proj.weight")[2] == "blk.3.attn_o.weight");
    CHECK(table.asked_as("blk.3.attn_k.bias") ==
          Names{"blk.3.attn_k.bias", "model.layers.3.self_attn.k_proj.bias"});
    CHECK(table.asked_as("transformer.ln_f.weight") == Names{"transformer.ln_f.weight", "ln_f.weight"});
    // a part is matched whole, and the same placeholder means the same letters
    const RenameTable twice({{"{a}.{a}", "x.{a}"}, {"b{n}_{m}", "{m}{n}"}});
    CHECK(twice.names("q.q.w") == Names{"q.q.w", "x.q.w"});
    CHECK(twice.names("q.r.w") == Names{"q.r.w"});
    CHECK(twice.names("b12_3.w") == Names{"b12_3.w", "312.w"});
    CHECK(twice.names("b_3.w") == Names{"b_3.w"});
}

TEST_CASE("wildcards") {
    CHECK(graph::matches_wildcard("*.attn.bias", "h.0.attn.bias"));
    CHECK_FALSE(graph::matches_wildcard("*.attn.bias", "h.0.attn.bias2"));
    CHECK(graph::matches_wildcard("*", ""));
    CHECK(graph::matches_wildcard("a*b*c", "axxbxbc"));
    CHECK_FALSE(graph::matches_wildcard("a*b*c", "axxbxb"));
    CHECK(graph::matches_wildcard("synthesis.*.conv1.filter", "synthesis.b8.conv1.filter"));
    // long input, many stars: no exponential search
    CHECK_FALSE(graph::matches_wildcard("*a*a*a*a*a*a*a*a*a*b", std::string(20000, 'a')));
}

TEST_CASE("a published checkpoint fits, under each of its names") {
    const test::FakeCheckpoint bare = test::gpt2_small();
    const test::Checked result = open_gpt2(bare);
    INFO(result.text());
    REQUIRE(result.graph.has_value());

    test::FakeCheckpoint prefixed;
    test::FakeCheckpoint gguf;
    gguf.format_name = "gguf";
    const RenameTable names({{"wte", "token_embd"},
                             {"wpe", "position_embd"},
                             {"ln_f", "output_norm"},
                             {"h.{i}.ln_1", "blk.{i}.attn_norm"},
                             {"h.{i}.attn.c_attn", "blk.{i}.attn_qkv"},
                             {"h.{i}.attn.c_proj", "blk.{i}.attn_output"},
                             {"h.{i}.ln_2", "blk.{i}.ffn_norm"},
                             {"h.{i}.mlp.c_fc", "blk.{i}.ffn_up"},
                             {"h.{i}.mlp.c_proj", "blk.{i}.ffn_down"}});
    for (const weights::Tensor& tensor : bare.tensors()) {
        prefixed.add("transformer." + tensor.name, tensor.shape);
        if (tensor.name.ends_with(".attn.bias")) continue;
        const bool matrix = tensor.shape.size() == 2 && tensor.name.starts_with("h.");
        const std::vector<std::int64_t> shape = matrix ? std::vector<std::int64_t>{tensor.shape[1], tensor.shape[0]} : tensor.shape;
        gguf.add(names.names(tensor.name).at(1), shape);
    }
    for (const auto* checkpoint : {&prefixed, &gguf}) {
        const test::Checked other = open_gpt2(*checkpoint);
        INFO(other.text());
        REQUIRE(other.graph.has_value());
        CHECK(other.graph->weights.size() == 148);
    }
}

TEST_CASE("missing, extra and wrong tensors") {
    test::FakeCheckpoint checkpoint = test::gpt2_small();
    checkpoint.remove("h.3.mlp.c_fc.bias");
    test::Checked result = open_gpt2(checkpoint);
    CHECK(complains(result, "no tensor `h.3.mlp.c_fc.bias` in the weight file"));
    CHECK(result.diagnostics.collapsed().size() == 1);

    checkpoint = test::gpt2_small();
    for (const std::string name : {"ln_1.weight", "ln_1.bias", "attn.c_attn.weight"}) checkpoint.remove("h.11." + name);
    CHECK(complains(open_gpt2(checkpoint), "the file has this tensor for 0 to 10 only, so 11 turns, not 12 or more"));

    checkpoint = test::gpt2_small();
    checkpoint.add("h.0.adapter.weight", {4, 4});
    result = open_gpt2(checkpoint);
    CHECK(complains(result, "error[HK2405]: the weight file has a tensor that the graph does not use: `h.0.adapter.weight`"));
    for (int i = 0; i < 12; ++i) checkpoint.add("more." + std::to_string(i), {1});
    CHECK(complains(open_gpt2(checkpoint), ", ... (13 in all)"));

    checkpoint = test::gpt2_small();
    checkpoint.remove("ln_f.weight");
    checkpoint.add("ln_f.weight", {767});
    CHECK(complains(open_gpt2(checkpoint), "weight `ln_f.weight` is [767] in the file, the graph needs [768]"));

    checkpoint = test::gpt2_small();
    checkpoint.remove("ln_f.weight");
    checkpoint.add("ln_f.weight", {768}, DType::i64);
    CHECK(complains(open_gpt2(checkpoint), "weight `ln_f.weight` is i64 in the file, the graph needs float"));

    // renamed once, all of it: the tensor that fits is offered
    checkpoint = test::gpt2_small();
    checkpoint.remove("wpe.weight");
    checkpoint.add("positions.weight", {1024, 768});
    CHECK(complains(open_gpt2(checkpoint), "a tensor of this shape, [1024, 768], that nothing has used so far: `positions.weight`"));
}

TEST_CASE("what other entries use is not left over") {
    const auto source = test::load(std::filesystem::path(HEKLA_SOURCE_DIR) / "graphs/t5.yaml");
    graph::CheckOptions options;
    test::FakeCheckpoint both;
    for (const std::string entry : {"encode", "decode"}) {
        options.entry = entry;
        const test::Checked part = test::check(source, options);
        REQUIRE(part.graph.has_value());
        for (const graph::Weight& weight : part.graph->weights) {
            if (!both.find(weight.path)) both.add(weight.path, weight.shape);
        }
    }
    both.add("encoder.embed_tokens.weight", {32128, 512});
    options.checkpoint = &both;
    for (const std::string entry : {"encode", "decode"}) {
        options.entry = entry;
        const test::Checked part = test::check(source, options);
        INFO(part.text());
        CHECK(part.graph.has_value());
    }
    both.add("decoder.extra.weight", {1});
    CHECK(complains(test::check(source, options), "does not use: `decoder.extra.weight`"));
}

TEST_CASE("has, rows, cols, sizes and count look through the names") {
    const std::string text = R"(
hekla: 1
params:
  n: count(w.body) if has(w.body) else 1
  out: rows(w.body[0].weight) if has(w.body) else 2
  in_: sizes(w.body[0].weight)[1] if has(w.body) else 3
  all: sizes(w.body[0].weight)[-1] == cols(w.body[0].weight) if has(w.body) else true
  bias: has(w.body[0].bias)
weights:
  rename: {"body.{i}": "net.block_{i}.conv"}
dims: {B: {max: 2}}
inputs:
  x: float[B, in_]
graph:
  y: linear(x, w.body[0], out=out, bias=bias)
  z:
    repeat: n - 1
    index: i
    from: y
    step: linear(_, w.body[i + 1], out=out, bias=bias)
outputs:
  z: float[B, out]
)";
    graph::CheckOptions options;
    CHECK(test::check(text, options).graph.has_value());
    test::FakeCheckpoint checkpoint;
    for (int i = 0; i < 5; ++i) checkpoint.add("net.block_" + std::to_string(i) + ".conv.weight", {5, i == 0 ? 7 : 5});
    options.checkpoint = &checkpoint;
    const test::Checked result = test::check(text, options);
    INFO(result.text());
    REQUIRE(result.graph.has_value());
    CHECK(result.graph->weights.size() == 5);
    CHECK(result.graph->nodes.size() == 5);
}

TEST_CASE("a computed tensor stands for a weight without bias") {
    const std::string start = R"(
hekla: 1
dims: {B: {max: 2}}
inputs:
  x: float[B, 3]
graph:
  k: 2 * weight(w.k, [5, 3])
  y: )";
    const std::string end = "\noutputs:\n  y: float[B, 5]\n";
    const test::Checked good = test::check(start + "linear(x, k, out=5, bias=false)" + end);
    INFO(good.text());
    REQUIRE(good.graph.has_value());
    CHECK(good.graph->nodes.back().inputs[1] == good.graph->find_value("k"));
    CHECK(complains(test::check(start + "linear(x, k, out=5)" + end), "error[HK2409]: `linear` with a computed weight has no `bias`"));
    CHECK(complains(test::check(start + "linear(x, k, out=3, bias=false)" + end), "the weight of `linear` must be float[3, 3], got float[5, 3]"));
}

TEST_CASE("a tensor used under two shapes") {
    const test::Checked result = test::check(R"(
hekla: 1
dims: {B: {max: 2}}
inputs:
  x: float[B, 3]
graph:
  y: x + weight(w.k, [3])
  z: x + weight(w.k, [1])
outputs:
  y: float[B, 3]
  z: float[B, 3]
)");
    CHECK(complains(result, "weight `k` is used as [3] and, here, as [1]"));
}
