// SPDX-License-Identifier: MIT
#include "fake_checkpoint.hpp"

#include "graph/item.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>

#include <ctime>
#include <set>
#include <sstream>

using namespace hekla;

namespace {

std::filesystem::path graph_file(const std::string& name) { return std::filesystem::path(HEKLA_SOURCE_DIR) / "graphs" / (name + ".yaml"); }
std::filesystem::path reference(const std::string& name) { return std::filesystem::path(HEKLA_TEST_DATA) / "reference" / name; }

graph::Symbols symbols_of(const graph::Graph& graph) {
    graph::Symbols symbols;
    for (const graph::Symbol& symbol : graph.symbols) symbols.names.push_back(symbol.name);
    return symbols;
}

std::string type_of(const graph::Graph& graph, std::string_view path) {
    const graph::ValueId id = graph.find_value(path);
    if (id == graph::no_id) return "no value " + std::string(path);
    return graph::type_text(graph.values[id].type, symbols_of(graph));
}

std::string attribute_text(const graph::Attribute& attribute, const graph::Symbols& symbols) {
    if (const auto* dim = std::get_if<graph::Dim>(&attribute)) return dim->text(symbols.names);
    if (const auto* number = std::get_if<double>(&attribute)) return graph::real_text(*number);
    if (const auto* flag = std::get_if<bool>(&attribute)) return *flag ? "true" : "false";
    if (const auto* word = std::get_if<std::string>(&attribute)) return *word;
    if (const auto* dims = std::get_if<std::vector<graph::Dim>>(&attribute)) return graph::shape_text(*dims, symbols);
    return "-";
}

/// Everything a graph says but the order of independent nodes and where it stands in the file.
std::multiset<std::string> essence(const graph::Graph& graph) {
    const graph::Symbols symbols = symbols_of(graph);
    std::multiset<std::string> lines;
    const auto path = [&](graph::ValueId id) { return id == graph::no_id ? std::string("-") : graph.values[id].path; };
    for (const graph::Node& node : graph.nodes) {
        std::string line = node.op->name + "(";
        for (const graph::ValueId id : node.inputs) line += path(id) + ", ";
        for (const graph::Attribute& attribute : node.attributes) line += attribute_text(attribute, symbols) + ", ";
        line += ") ->";
        for (const graph::ValueId id : node.outputs) line += " " + path(id) + " " + graph::type_text(graph.values[id].type, symbols);
        lines.insert(std::move(line));
    }
    for (const graph::Input& input : graph.inputs) lines.insert("input " + input.name + " " + type_of(graph, input.name));
    for (const graph::Output& output : graph.outputs) lines.insert("output " + output.name + " " + path(output.value));
    for (const graph::State& state : graph.states) lines.insert("state " + state.path + " " + path(state.new_value));
    for (const graph::Weight& weight : graph.weights) lines.insert("weight " + weight.path + " " + weight.name);
    for (const graph::Symbol& symbol : graph.symbols) {
        lines.insert("dim " + symbol.name + " " + std::to_string(symbol.max) + " " + std::to_string(symbol.multiple) + " " + symbol.next.text(symbols.names));
    }
    for (const graph::Name& name : graph.names) lines.insert("name " + name.path + " " + path(name.value));
    return lines;
}

/// What must hold of every graph.
void check_invariants(const graph::Graph& graph) {
    std::set<std::string> paths;
    std::vector<bool> made(graph.values.size());
    for (std::size_t i = 0; i < graph.values.size(); ++i) {
        const graph::Value& value = graph.values[i];
        CHECK(paths.insert(value.path).second);
        made[i] = value.kind != graph::ValueKind::node;
        const auto id = static_cast<graph::ValueId>(i);
        if (value.kind == graph::ValueKind::input) CHECK(graph.inputs.at(value.source).value == id);
        if (value.kind == graph::ValueKind::weight) CHECK(graph.weights.at(value.source).value == id);
        if (value.kind == graph::ValueKind::state) CHECK(graph.states.at(value.source).old_value == id);
    }
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const graph::Node& node = graph.nodes[i];
        REQUIRE(node.op != nullptr);
        for (const graph::ValueId id : node.inputs) {
            if (id != graph::no_id) CHECK(made.at(id));
        }
        for (std::size_t k = 0; k < node.outputs.size(); ++k) {
            made.at(node.outputs[k]) = true;
            CHECK(graph.values[node.outputs[k]].producer == i);
            CHECK(graph.values[node.outputs[k]].output == k);
        }
        CHECK(node.attributes.size() == node.op->attributes.size());
        for (const graph::Attribute& attribute : node.attributes) CHECK_FALSE(std::holds_alternative<std::monostate>(attribute));
        const bool list = node.op->input_count > 0 && node.op->slots[node.op->input_count - 1].list;
        CHECK((list || node.inputs.size() == node.op->slots.size()));
    }
    for (const graph::Output& output : graph.outputs) CHECK(made.at(output.value));
}

test::Checked open(const std::string& file, const graph::CheckOptions& options = {}) { return test::check(test::load(graph_file(file)), options); }

/// The document with every map's keys sorted, as JSON.
nlohmann::json to_json(const graph::DocNode& node) {
    using Kind = graph::DocNode::Kind;
    switch (node.kind) {
        case Kind::null: return nullptr;
        case Kind::list: {
            nlohmann::json list = nlohmann::json::array();
            for (const graph::DocNode& item : node.items) list.push_back(to_json(item));
            return list;
        }
        case Kind::map: {
            nlohmann::json map = nlohmann::json::object();
            for (const auto& member : node.members) map[member.key.text] = to_json(member.value);
            return map;
        }
        case Kind::scalar: break;
    }
    if (const auto number = graph::as_integer(node)) return *number;
    if (const auto flag = graph::as_boolean(node)) return *flag;
    return node.text;
}

struct Case {
    std::string file;
    std::string entry;
    std::vector<std::pair<std::string, std::string>> set;
};

const std::vector<Case> cases{
    {"cdcgan", "", {}},
    {"cdcgan", "", {{"nz", "17"}, {"d_label", "6"}, {"n_classes", "7"}, {"nc", "3"}, {"size", "32"}}},
    {"clip", "", {}},
    {"clip", "", {{"eos", "49407"}, {"t_act", "gelu"}, {"v_layer", "1"}, {"size", "21"}, {"patch", "4"}, {"c", "1"}}},
    {"clip_text", "", {}},
    {"clip_text", "", {{"n_layer", "1"}}},
    {"clip_text", "", {{"act", "gelu"}, {"eos", "49407"}}},
    {"conv_vae", "encode", {}},
    {"conv_vae", "decode", {}},
    {"conv_vae", "reconstruct", {}},
    {"dcgan", "", {}},
    {"dcgan", "", {{"nz", "37"}, {"ngf", "11"}, {"nc", "1"}}},
    {"dcgan", "", {{"n_layer", "4"}, {"start", "7"}}},
    {"gemma", "", {}},
    {"gemma", "", {{"kinds", "['sliding_attention', 'full_attention']"}, {"n_layer", "2"}, {"cap", "50.0"}, {"final_cap", "30.0"}}},
    {"gpt2", "", {}},
    {"grain", "", {}},
    {"llama", "", {}},
    {"llama", "", {{"scaling", "llama3"}, {"qk_norm", "true"}, {"qkv_bias", "true"}, {"tied", "true"}, {"n_kv", "8"}}},
    {"mlp_gan", "", {}},
    {"mlp_gan", "", {{"hidden", "[13, 7]"}, {"shape", "[3, 5, 7]"}}},
    {"rrdbnet", "", {}},
    {"rrdbnet", "", {{"scale", "2"}, {"n_block", "3"}}},
    {"rrdbnet", "", {{"scale", "1"}, {"n_block", "1"}}},
    {"sd_unet", "", {}},
    {"sd_unet",
     "",
     {{"channels", "[320, 640, 1280]"},
      {"down_types", "[DownBlock2D, CrossAttnDownBlock2D, CrossAttnDownBlock2D]"},
      {"up_types", "[CrossAttnUpBlock2D, CrossAttnUpBlock2D, UpBlock2D]"},
      {"heads", "[5, 10, 20]"},
      {"depth", "[1, 2, 10]"},
      {"linear_proj", "true"},
      {"added", "text_time"},
      {"d_text", "2048"}}},
    {"sd_unet", "", {{"mid_type", "none"}, {"n_res", "[1, 2, 3, 1]"}, {"d_guidance", "256"}, {"rescales", "true"}, {"c_in", "9"}}},
    {"sd_unet",
     "",
     {{"mid_type", "UNetMidBlock2D"},
      {"depth", "[1, [2, 1], 1, 1]"},
      {"up_depth", "[1, 1, [3, 2, 1], 1]"},
      {"only_text", "[true, true, true, false]"},
      {"n_class", "1000"},
      {"centre", "true"}}},
    {"sd_unet", "", {{"class_type", "projection"}, {"d_class", "2048"}}},
    {"sd_unet", "", {{"class_type", "simple_projection"}, {"d_class", "512"}}},
    {"sd_vae", "encode", {}},
    {"sd_vae", "decode", {}},
    {"sd_vae", "decode", {{"attends", "false"}, {"post_quant", "false"}, {"channels", "[32, 64]"}}},
    {"srvgg", "", {}},
    {"srvgg", "", {{"act", "leakyrelu"}, {"scale", "3"}, {"n_conv", "0"}}},
    {"style_net", "", {}},
    {"style_net", "", {{"width", "5"}, {"n_res", "0"}}},
    {"stylegan2", "", {}},
    {"stylegan2", "", {{"channels", "[32, 16, 8]"}}},
    {"t5", "encode", {}},
    {"t5", "decode", {}},
    {"t5", "decode", {{"ff", "gated-gelu"}, {"tied", "false"}}},
    {"taesd", "encode", {}},
    {"taesd", "decode", {}},
    {"taesd", "decode", {{"up", "[8, 8]"}, {"up_blocks", "[0, 2]"}, {"factor", "3"}, {"act", "silu"}}},
    {"vit", "", {}},
    {"vit", "", {{"qkv_bias", "false"}, {"act", "gelu_new"}, {"size", "30"}, {"patch", "7"}}},
};

}  // namespace

TEST_CASE("all example graphs check, as YAML and as JSON with sorted keys, with and without a checkpoint") {
    std::set<std::string> seen;
    for (const Case& item : cases) {
        INFO(item.file << " " << item.entry << " " << (item.set.empty() ? "" : item.set[0].first));
        seen.insert(item.file);
        graph::CheckOptions options;
        options.entry = item.entry;
        options.set = item.set;
        const test::Checked plain = open(item.file, options);
        INFO(plain.text());
        REQUIRE(plain.graph.has_value());
        CHECK_FALSE(plain.graph->outputs.empty());
        check_invariants(*plain.graph);

        // a checkpoint of just these weights is complete; other entries' weights are not asked for
        const test::FakeCheckpoint exact = test::checkpoint_of(*plain.graph);
        options.checkpoint = &exact;
        {
            const test::Checked checked = open(item.file, options);
            INFO(checked.text());
            REQUIRE(checked.graph.has_value());
            CHECK(checked.graph->weights.size() == plain.graph->weights.size());
        }
        options.checkpoint = nullptr;

        Diagnostics out;
        const auto document = graph::parse_document(test::load(graph_file(item.file)), out);
        REQUIRE(document.has_value());
        const auto source = std::make_shared<const Source>(item.file + ".json", to_json(document->root).dump(1));
        const test::Checked json = test::check(source, options);
        INFO(json.text());
        REQUIRE(json.graph.has_value());
        CHECK(essence(*json.graph) == essence(*plain.graph));
    }
    for (const auto& path : test::good_graphs()) CHECK(seen.contains(path.stem().string()));
}

TEST_CASE("the language models' reference checkpoints check, and every tensor is found") {
    const std::vector<std::pair<std::string, std::string>> models{
        {"gpt2", "gpt2"},   {"gpt2", "gpt2_bare"},       {"llama", "llama"},         {"llama", "llama_tied_legacy"}, {"llama", "llama3_rope_bf16"},
        {"llama", "qwen3"}, {"llama", "mistral_window"}, {"llama", "qwen2_sharded"},
    };
    for (const auto& [file, name] : models) {
        INFO(name);
        const auto checkpoint = weights::Checkpoint::open(reference(name));
        graph::CheckOptions options;
        options.checkpoint = checkpoint.get();
        options.taps = {"h[0]"};
        const test::Checked result = open(file, options);
        INFO(result.text());
        REQUIRE(result.graph.has_value());
        check_invariants(*result.graph);
        CHECK(graph::serves(*result.file, checkpoint->architecture()));
        for (const graph::Weight& weight : result.graph->weights) {
            REQUIRE(weight.tensor != graph::no_id);
            CHECK(checkpoint->tensors()[weight.tensor].shape == weight.shape);
            CHECK(checkpoint->tensors()[weight.tensor].name == weight.name);
        }
        CHECK(result.graph->outputs.back().name == "h[0]");
        CHECK(result.graph->states.size() % 2 == 0);
        for (const graph::State& state : result.graph->states) {
            CHECK(result.graph->symbols[state.symbol].name == "P");
            CHECK(state.axis == 2);
            CHECK(state.new_value != graph::no_id);
        }
    }
}

TEST_CASE("GPT-2's types and paths") {
    const auto checkpoint = weights::Checkpoint::open(reference("gpt2"));
    graph::CheckOptions options;
    options.checkpoint = checkpoint.get();
    const test::Checked result = open("gpt2", options);
    REQUIRE(result.graph.has_value());
    const graph::Graph& graph = *result.graph;
    CHECK(type_of(graph, "ids") == "i32[B, T]");
    CHECK(type_of(graph, "h[0]") == "float[B, T, 48]");
    CHECK(type_of(graph, "h[1].qkv[2]") == "float[B, T, 48]");
    CHECK(type_of(graph, "h[0].k") == "float[B, 3, P+T, 16]");
    CHECK(type_of(graph, "kv[1].v") == "float[B, 3, P, 16]");
    CHECK(type_of(graph, "h[0].y.1") == "float[B, T, 192]");
    CHECK(type_of(graph, "logits") == "float[B, T, 131]");
    CHECK(type_of(graph, "last") == "float[B, 1, 131]");
    CHECK(type_of(graph, "h[0].qkv.linear") == "float[B, T, 144]");
    CHECK(graph.find_value("h") == graph.find_value("h[1]"));
    CHECK(graph.values[graph.find_value("h")].path == "h[1]");
    CHECK(graph.find_value("h[1].y") == graph.find_value("h[1]"));
    CHECK(graph.find_value("h[2]") == graph::no_id);
    CHECK(type_of(graph, "w.h.0.ln_1.weight") == "float[48]");
    // the head shares the embedding's tensor
    CHECK(std::count_if(graph.weights.begin(), graph.weights.end(), [](const auto& weight) { return weight.path == "wte.weight"; }) == 1);
    CHECK(graph.weights[graph.values[graph.find_value("w.wte.weight")].source].name == "transformer.wte.weight");
}

TEST_CASE("only what is asked for is computed, but states are written") {
    graph::CheckOptions options;
    options.set = {{"n_layer", "3"}};
    const test::Checked all = open("gpt2", options);
    REQUIRE(all.graph.has_value());
    options.only_outputs = {"last"};
    const test::Checked last = open("gpt2", options);
    REQUIRE(last.graph.has_value());
    CHECK(last.graph->outputs.size() == 1);
    CHECK(last.graph->nodes.size() == all.graph->nodes.size() - 1);
    CHECK(last.graph->states.size() == 6);
    CHECK(last.graph->find_value("logits") == graph::no_id);

    options.only_outputs = {"lost"};
    CHECK(open("gpt2", options).text().find("no output `lost` in gpt2.yaml") != std::string::npos);
    options.only_outputs = {};
    options.taps = {"h[3]"};
    CHECK(open("gpt2", options).text().find("no value `h[3]` in the graph") != std::string::npos);
}

TEST_CASE("conditional inputs and outputs") {
    graph::CheckOptions options;
    const test::Checked plain = open("sd_unet", options);
    REQUIRE(plain.graph.has_value());
    CHECK(plain.graph->inputs.size() == 3);
    CHECK(type_of(*plain.graph, "noise") == "float[B, 4, LH, LW]");
    CHECK(type_of(*plain.graph, "downs[3].y") == "float[B, 1280, floor((LH+7)/8), floor((LW+7)/8)]");
    CHECK(type_of(*plain.graph, "downs[0].skips[0]") == "float[B, 320, LH, LW]");
    options.set = {{"added", "text_time"}};
    const test::Checked xl = open("sd_unet", options);
    REQUIRE(xl.graph.has_value());
    CHECK(xl.graph->inputs.size() == 5);
    CHECK(type_of(*xl.graph, "pooled") == "float[B, 2816-256*K]");

    graph::CheckOptions clip;
    test::FakeCheckpoint checkpoint = test::checkpoint_of(*open("clip_text").graph);
    clip.checkpoint = &checkpoint;
    CHECK(open("clip_text", clip).graph->outputs.size() == 3);
    checkpoint.add("text_projection.weight", {768, 768});
    const test::Checked projected = open("clip_text", clip);
    REQUIRE(projected.graph.has_value());
    CHECK(projected.graph->outputs.size() == 4);
}

TEST_CASE("an input that may be left out says what stands in its place") {
    const std::string start = "hekla: 1\ndims: {B: {max: 4}}\nparams: {on_: true}\ninputs:\n  x: float[B, 3]\n  y: ";
    const std::string end = "\ngraph:\n  z: relu(x)\noutputs:\n  z: float[B, 3]\n";
    const auto fill = [&](const std::string& type) {
        const test::Checked result = test::check(start + type + end);
        INFO(result.text());
        REQUIRE(result.graph.has_value());
        CHECK_FALSE(result.graph->inputs.at(0).fill.has_value());
        return result.graph->inputs.at(1).fill;
    };
    CHECK(fill("float[B, 3]") == std::nullopt);
    CHECK(fill("float[] or 0.5") == 0.5);
    CHECK(fill("float[B] or -2 if on_") == -2.0);
    CHECK(fill("i32[B] or 3") == 3.0);
    CHECK(fill("bool[B, 3] or on_") == 1.0);
    const auto first = [&](const std::string& type) { return test::check(start + type + end).first(); };
    CHECK(first("i32[B] or 0.5").find("must be a whole number, got 0.5") != std::string::npos);
    CHECK(first("bool[B] or 1").find("must be true or false, got 1") != std::string::npos);
    CHECK(first("float[B] or x").find("`x` is not defined") != std::string::npos);
}

TEST_CASE("numbers beside tensors become attributes") {
    const test::Checked result = test::check(R"(
hekla: 1
dims: {B: {max: 4}}
inputs:
  x: float[B, 3]
graph:
  a: 2 - x
  b: x / 4
  c: -x * x
outputs:
  a: float[B, 3]
  b: float[B, 3]
  c: float[B, 3]
)");
    INFO(result.text());
    REQUIRE(result.graph.has_value());
    const graph::Graph& graph = *result.graph;
    const auto node = [&](std::string_view path) -> const graph::Node& { return graph.nodes[graph.values[graph.find_value(path)].producer]; };
    const auto attribute = [&](std::string_view path, std::string_view name) { return node(path).attributes[*node(path).op->find_attribute(name)]; };
    CHECK(node("a").op->name == "sub");
    CHECK(std::get<double>(attribute("a", "number")) == 2.0);
    CHECK(std::get<bool>(attribute("a", "swap")));
    CHECK(node("a").inputs == std::vector<graph::ValueId>{graph.find_value("x"), graph::no_id});
    CHECK(node("b").op->name == "div");
    CHECK(std::get<double>(attribute("b", "number")) == 4.0);
    CHECK_FALSE(std::get<bool>(attribute("b", "swap")));
    CHECK(node("c").op->name == "mul");
    CHECK(node("c").inputs[0] == graph.find_value("c.neg"));
}

TEST_CASE("axes and starts are counted from the front") {
    const test::Checked result = open("gpt2");
    REQUIRE(result.graph.has_value());
    const graph::Graph& graph = *result.graph;
    const graph::Node& slice = graph.nodes[graph.values[graph.find_value("last.slice")].producer];
    CHECK(std::get<graph::Dim>(slice.attributes[*slice.op->find_attribute("start")]).text(symbols_of(graph).names) == "T-1");
    const graph::Node& split = graph.nodes[graph.values[graph.find_value("h[0].qkv[0]")].producer];
    CHECK(std::get<graph::Dim>(split.attributes[*split.op->find_attribute("axis")]) == graph::Dim(2));
    CHECK(split.outputs.size() == 3);
}

TEST_CASE("a custom op is an entry beside the graph") {
    const test::Checked result = open("grain");
    REQUIRE(result.graph.has_value());
    REQUIRE(result.graph->custom_ops.size() == 1);
    const graph::CustomOp& op = *result.graph->custom_ops[0];
    CHECK(result.graph->nodes.at(0).op == op.entry.get());
    CHECK(op.shader == "shaders/film_grain.comp");
    CHECK(op.bindings == std::vector<std::string>{"x", "y"});
    CHECK(op.groups.size() == 3);
    CHECK(op.spec.size() == 2);
    REQUIRE(op.push.size() == 4);
    CHECK_FALSE(op.push[0].is_float);
    CHECK(op.push[2].is_float);
    CHECK(std::get<double>(result.graph->nodes[0].attributes[0]) == 0.1);
}

TEST_CASE("hostile files stop quickly and say why") {
    const std::clock_t start = std::clock();  // of the processor: machines are busy
    // 2^31 calls of the innermost block
    std::string doubling = "hekla: 1\ndims: {B: {max: 1}}\ninputs:\n  x: float[B]\nblocks:\n  b0:\n    in:\n      - x: float[B]\n    body:\n      y: relu(x)\n    out: y\n";
    for (int i = 1; i < 31; ++i) {
        const std::string inner = "b" + std::to_string(i - 1);
        doubling += "  b" + std::to_string(i) + ":\n    in:\n      - x: float[B]\n    body:\n      y: " + inner + "(" + inner + "(x))\n    out: y\n";
    }
    const std::string tail = "graph:\n  y: b30(x)\noutputs:\n  y: float[B]\n";
    CHECK(test::check(doubling + tail).first().find("error[HK3005]: the graph expands to more than 200000 nodes") == 0);

    // the same without a single node
    std::string numbers = "hekla: 1\ndims: {B: {max: 1}}\ninputs:\n  x: float[B]\nblocks:\n  b0:\n    in:\n      - n: int\n    body:\n      y: n + 1\n    out: y\n";
    for (int i = 1; i < 31; ++i) {
        const std::string inner = "b" + std::to_string(i - 1);
        numbers += "  b" + std::to_string(i) + ":\n    in:\n      - n: int\n    body:\n      y: " + inner + "(n) + " + inner + "(n)\n    out: y\n";
    }
    CHECK(test::check(numbers + "graph:\n  n: b30(0)\n  y: relu(x)\noutputs:\n  y: float[B]\n").first().find("error[HK3005]") == 0);

    // blocks deeper than 32
    std::string deep = "hekla: 1\ndims: {B: {max: 1}}\ninputs:\n  x: float[B]\nblocks:\n  b0:\n    in:\n      - x: float[B]\n    out: relu(x)\n";
    for (int i = 1; i < 40; ++i) {
        deep += "  b" + std::to_string(i) + ":\n    in:\n      - x: float[B]\n    out: b" + std::to_string(i - 1) + "(x)\n";
    }
    CHECK(test::check(deep + "graph:\n  y: b39(x)\noutputs:\n  y: float[B]\n").first().find("error[HK3004]: blocks are nested deeper than 32") == 0);

    // a list that doubles
    std::string list = "hekla: 1\ndims: {B: {max: 1}}\nparams:\n  l0: [1, 2]\n";
    for (int i = 1; i < 60; ++i) list += "  l" + std::to_string(i) + ": l" + std::to_string(i - 1) + " + l" + std::to_string(i - 1) + "\n";
    CHECK(test::check(list + "inputs:\n  x: float[B]\ngraph:\n  y: relu(x)\noutputs:\n  y: float[B]\n").first().find("error[HK3006]: this list has more than 65536 values") == 0);

    // nested, so that every name stands for twice as much
    std::string nested = "hekla: 1\ndims: {B: {max: 1}}\ninputs:\n  x: float[B]\ngraph:\n  l0: \"[x, x]\"\n";
    for (int i = 1; i < 60; ++i) nested += "  l" + std::to_string(i) + ": \"[l" + std::to_string(i - 1) + ", l" + std::to_string(i - 1) + "]\"\n";
    CHECK(test::check(nested + "  y: relu(x)\noutputs:\n  y: float[B]\n").first().find("error[HK3006]") == 0);

    // repeats within blocks within repeats
    CHECK(test::check(R"(
hekla: 1
dims: {B: {max: 1}}
inputs:
  x: float[B]
blocks:
  inner:
    in:
      - n: int
    body:
      y:
        repeat: 4096
        from: n
        step: _ + 1
    out: y
  outer:
    in:
      - n: int
    body:
      y:
        repeat: 4096
        from: n
        step: inner(_)
    out: y
graph:
  n: outer(0)
  y: relu(x)
outputs:
  y: float[B]
)")
              .first()
              .find("error[HK3005]") == 0);

    // a size whose polynomial grows without end
    std::string power = "hekla: 1\ndims: {A: {max: 1}, B: {max: 1}, C: {max: 1}}\ninputs:\n  x: float[A, B, C]\ngraph:\n  n0: A + B + C + 1\n";
    for (int i = 1; i < 40; ++i) power += "  n" + std::to_string(i) + ": n" + std::to_string(i - 1) + " * n" + std::to_string(i - 1) + "\n";
    CHECK(test::check(power + "  y: relu(x)\noutputs:\n  y: float[A, B, C]\n").first().find("error[HK2106]") == 0);
    CHECK((std::clock() - start) / CLOCKS_PER_SEC < 60);
}

TEST_CASE("ops on images say what they cannot do") {
    const auto complaint = [](const std::string& call) {
        return test::check("hekla: 1\ndims: {H: {max: 64}}\ninputs:\n  x: float[1, 6, H, 9]\n  s: float[1, 6, H]\n  n: i32[1, 6, H, 9]\ngraph:\n  y: " +
                           call + "\noutputs:\n  y: float[1, 6, H, 9]\n")
            .first();
    };
    const struct {
        const char *call, *message;
    } mistakes[] = {
        {"interpolate(x)", "interpolate needs one of `size=`, `scale=` above 0, `like=`"},
        {"interpolate(x, size=3, scale=2)", "interpolate needs one of"},
        {"interpolate(x, size=[3, 4, 5])", "interpolate: size is [3, 4, 5]"},
        {"interpolate(x, scale=2, mode='linear')", "interpolate: mode linear is for [B, C, L]"},
        {"interpolate(s, scale=2, mode='bicubic')", "interpolate: mode bicubic is for [B, C, H, W]"},
        {"interpolate(n, scale=2, mode='bilinear')", "interpolate: mode bilinear needs float"},
        {"interpolate(x, scale=2, align_corners=true)", "interpolate: align_corners is for linear, bilinear and bicubic, not for nearest"},
        {"interpolate(x, scale=0.0314159, mode='bilinear')", "interpolate: scale must be a fraction"},
        {"interpolate(x, scale=2, mode='cubic')", "did you mean `bicubic`?"},
        {"pad(x, [1])", "pad: [1] must be pairs"},
        {"pad(n, [1, 1], value=2)", "pad: a value other than 0 is for float"},
        {"flip(x, 4)", "flip: axis 4 is out of range"},
        {"group_norm(x, groups=4)", "group_norm: 6 channels do not divide into 4 groups"},
        {"pixel_shuffle(x, 2)", "pixel_shuffle: 6 channels do not divide into squares of 2"},
        {"max_pool2d(x, 2, pad=2)", "max_pool2d: pad must be at most half of the window"},
        {"avg_pool2d(x, 0)", "avg_pool2d: kernel and stride must be above 0"},
        {"avg_pool2d(x, [1, 2, 3])", "a whole number or a list of 2"},
    };
    for (const auto& mistake : mistakes) {
        INFO(mistake.call);
        CHECK_THAT(complaint(mistake.call), Catch::Matchers::ContainsSubstring(mistake.message));
    }
}

TEST_CASE("the limits are the host's") {
    graph::CheckOptions options;
    options.set = {{"n_layer", "12"}};
    options.limits.max_repeat = 11;
    CHECK(open("gpt2", options).text().find("`repeat: 12` is over the limit of 11") != std::string::npos);
    options.limits.max_repeat = 12;
    CHECK(open("gpt2", options).graph.has_value());
    options.limits.max_graph_nodes = 20;
    CHECK(open("gpt2", options).text().find("more than 20 nodes") != std::string::npos);
}
