// SPDX-License-Identifier: MIT
// Graph files as a whole: the good ones and what each section says, the wrong ones and their messages.
#include "graph/parse.hpp"

#include "files.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <set>

using namespace hekla;
using namespace hekla::graph;
using test::text_source;

namespace {

/// The first complaint as "code line:column message".
std::string complaint(const std::string& text) {
    Diagnostics out;
    const auto model = parse_graph_file(text_source(text), out);
    if (out.empty()) return model ? "" : "nothing, and no model";
    const Diagnostic& first = out.list().front();
    return first.code + " " + std::to_string(first.primary.place.line) + ":" +
           std::to_string(first.primary.place.column) + " " + first.message;
}

std::string help_of(const std::string& text) {
    Diagnostics out;
    parse_graph_file(text_source(text), out);
    return out.empty() ? "" : out.list().front().help_text;
}

FileModel parse(const std::string& text) {
    Diagnostics out;
    auto model = parse_graph_file(text_source(text), out);
    INFO(out.text());
    REQUIRE(model);
    return std::move(*model);
}

const std::string head = "hekla: 1\n";
const std::string tail = "graph: {y: x}\noutputs:\n  y: float[]\n";

/// The YAML tree as JSON, every scalar a string.
nlohmann::json to_json(const DocNode& node) {
    if (node.is_scalar()) return node.text;
    if (node.is_null()) return nullptr;
    nlohmann::json result;
    if (node.is_list()) {
        result = nlohmann::json::array();
        for (const DocNode& item : node.items) result.push_back(to_json(item));
    } else {
        result = nlohmann::json::object();
        for (const DocNode::Member& member : node.members)
            result[member.key.text] = to_json(member.value);
    }
    return result;
}

std::string describe(const std::vector<BodyItem>& body) {
    std::map<std::string, std::string> items;
    for (const BodyItem& item : body) {
        std::string text;
        if (item.kind == BodyItem::Kind::expression) text = to_text(*item.expression);
        for (const ExprPtr& line : item.lines) text += "- " + to_text(*line) + "\n";
        if (item.repeat) {
            const RepeatDecl& repeat = *item.repeat;
            text = "repeat " + to_text(*repeat.count) +
                   (repeat.index ? " index " + repeat.index->text : "") + " from " +
                   to_text(*repeat.from) + " step " + to_text(*repeat.step) +
                   (repeat.collect ? " collect" : "") +
                   (repeat.carry ? " carry " + repeat.carry->text : "");
        }
        items[item.name] = text;
    }
    std::string all;
    for (const auto& [name, text] : items) all += name + ": " + text + "\n";
    return all;
}

std::string describe(std::map<std::string, std::string>& lines) {
    std::string all;
    for (const auto& [key, value] : lines) all += key + " = " + value + "\n";
    return all;
}

/// What the file says, without places and file order.
std::string describe(const FileModel& model) {
    std::map<std::string, std::string> lines;
    const auto expr = [](const ExprPtr& e) { return e ? to_text(*e) : "-"; };
    const auto ports = [&](const std::string& prefix, const std::vector<Port>& list) {
        for (const Port& port : list) lines[prefix + port.name] = to_text(port.type);
    };
    lines["name"] = model.name.text;
    for (const Word& word : model.serves) lines["serves"] += word.text + ",";
    for (const ParamDecl& param : model.params) {
        std::string& line = lines["params." + param.name];
        line = expr(param.value) + " from";
        for (const Word& word : param.from) line += " " + word.text;
        line += " list " + expr(param.list) + " choice";
        for (const Word& word : param.choice) line += " " + word.text;
        line += " default " + expr(param.default_value);
    }
    for (const ExpectDecl& expect : model.expects)
        lines["expects." + expect.key.text] = expr(expect.value);
    for (const DimDecl& dim : model.dims)
        lines["dims." + dim.name] =
            expr(dim.max) + " " + expr(dim.multiple) + " " + expr(dim.state) + " " + expr(dim.next);
    if (model.precision.compute)
        lines["precision.compute"] = name_of(model.precision.compute->type);
    for (const PrecisionDecl::Keep& keep : model.precision.keep)
        lines["precision.keep." + keep.op.text] = name_of(keep.type.type);
    for (const DefaultsDecl& defaults : model.defaults)
        for (const Setting& setting : defaults.settings)
            lines["defaults." + defaults.op + "." + setting.name] = expr(setting.value);
    for (const Word& word : model.weights.unused) lines["unused"] += word.text + ",";
    for (const RenameDecl& rename : model.weights.rename)
        lines["rename " + rename.pattern.text] = rename.other.text;
    for (const StateDecl& state : model.state) {
        lines["state." + state.name] = expr(state.repeat);
        ports("state." + state.name + ".", state.slots);
    }
    for (const BlockDecl& block : model.blocks) {
        std::string order;
        for (const Port& port : block.inputs) order += port.name + ": " + to_text(port.type) + ", ";
        lines["blocks." + block.name] = order + "\n" + describe(block.body);
        for (const BlockDecl::Field& field : block.out)
            lines["blocks." + block.name + ".out." + field.name] = expr(field.value);
    }
    for (const CustomOpDecl& op : model.ops) {
        lines["ops." + op.name] = op.shader.text;
        ports("ops." + op.name + ".in.", op.inputs);
        ports("ops." + op.name + ".out.", op.outputs);
        for (const auto& attribute : op.attributes)
            lines["ops." + op.name + "." + attribute.name] =
                attribute.type.text + expr(attribute.default_value);
        for (const Word& word : op.bindings)
            lines["ops." + op.name + ".bindings"] += word.text + ",";
        for (const Setting& setting : op.push)
            lines["ops." + op.name + ".push." + setting.name] = expr(setting.value);
        for (const auto& spec : op.spec)
            lines["ops." + op.name + ".spec." + std::to_string(spec.id)] = expr(spec.value);
        for (const ExprPtr& size : op.groups)
            lines["ops." + op.name + ".groups"] += expr(size) + ",";
    }
    for (const EntryDecl& entry : model.entries) {
        ports("entries." + entry.name + ".in.", entry.inputs);
        ports("entries." + entry.name + ".out.", entry.outputs);
        lines["entries." + entry.name] = describe(entry.graph);
    }
    return describe(lines);
}

}  // namespace

TEST_CASE("every graph file of the repository parses") {
    const auto paths = test::good_graphs();
    CHECK(paths.size() >= 13);
    for (const auto& path : paths) {
        Diagnostics out;
        const auto model = parse_graph_file(test::load(path), out);
        INFO(path << "\n" << out.text());
        REQUIRE(model);
        CHECK(out.empty());
        CHECK(!model->name.text.empty());
        for (const EntryDecl& entry : model->entries) CHECK(!entry.outputs.empty());
    }
}

TEST_CASE("a JSON file, sorted or indented with tabs, says the same as the YAML file") {
    for (const auto& path : test::good_graphs()) {
        Diagnostics out;
        const auto document = parse_document(test::load(path), out);
        const auto model = parse_graph_file(test::load(path), out);
        REQUIRE(document);
        REQUIRE(model);
        const nlohmann::json json = to_json(document->root);
        for (const std::string& text : {json.dump(), json.dump(1, '\t'), json.dump(4, ' ', true)}) {
            const auto again = parse_graph_file(text_source(text), out);
            INFO(path << "\n" << out.text());
            REQUIRE(again);
            CHECK(describe(*again) == describe(*model));
        }
    }
}

TEST_CASE("the wrong files that need no look-up give their message to the letter") {
    const std::set<std::string> here = {"alias_bomb", "big_literal",   "binding",   "block_scalar",
                                        "duplicate",  "flow_comma",    "in_as_map", "not_utf8",
                                        "paren",      "path",          "reserved",  "section",
                                        "tab",        "unknown_dtype", "version"};
    std::size_t seen = 0;
    for (const auto& [name, message] : test::expected_messages()) {
        Diagnostics out;
        const auto model = parse_graph_file(test::load(test::wrong_graph(name)), out);
        INFO(name);
        if (here.contains(name)) {
            ++seen;
            CHECK_FALSE(model);
            CHECK(out.text() == message);
        } else if (name != "tag") {
            INFO(out.text());
            CHECK(model);  // the checker's
        }
    }
    CHECK(seen == here.size());
}

TEST_CASE("a tag is refused, and marked whole") {
    Diagnostics out;
    CHECK_FALSE(parse_graph_file(test::load(test::wrong_graph("tag")), out));
    REQUIRE(out.list().size() == 1);
    CHECK(out.list()[0].message ==
          "YAML tag `tag:yaml.org,2002:python/object/apply:os.system` is not allowed");
    CHECK(out.list()[0].primary.place == Place{2, 9, 31});
}

TEST_CASE("several mistakes are reported at once, in the order of the file") {
    Diagnostics out;
    CHECK_FALSE(parse_graph_file(text_source("hekla: 1\nparams:\n  a: 1 +\n  on: 2\n  b: {frm: "
                                             "c}\ngraph:\n  y: (x\noutputs:\n  y: flaot[]\n"),
                                 out));
    std::string all;
    for (const Diagnostic& diagnostic : out.list())
        all += diagnostic.code + "@" + std::to_string(diagnostic.primary.place.line) + " ";
    CHECK(all == "HK1102@3 HK1206@4 HK1213@5 HK1102@7 HK2001@9 ");
}

TEST_CASE("sections") {
    CHECK(complaint(head + tail) == "");
    CHECK(complaint("") == "HK1001 1:1 the file is empty");
    CHECK(complaint("- a\n") == "HK1209 1:1 a graph file is a map of sections");
    CHECK(complaint("name: a\n") == "HK1210 1:1 `hekla: 1` is missing");
    CHECK(complaint("hekla: 1.10\n" + tail) == "HK1210 1:8 `hekla:` must be a whole number");
    CHECK(complaint("hekla: 0\n" + tail) == "HK1210 1:8 `hekla:` must be a whole number");
    CHECK(complaint("hekla: '1'\n" + tail) == "");  // quotes change nothing
    CHECK(complaint(head) == "HK1216 1:1 section `graph:` is missing");
    CHECK(complaint(head + "graph: {y: x}\n") == "HK1216 1:1 section `outputs:` is missing");
    CHECK(complaint(head + "Graph: {y: x}\n" + tail) == "HK1205 2:1 unknown section `Graph`");
    CHECK(help_of(head + "Graph: {y: x}\n" + tail) == "did you mean `graph`?");
    CHECK(complaint(head + "needs: [tensor_cores]\n" + tail) ==
          "HK1219 2:9 this file needs `tensor_cores`, which this reader does not know");
    CHECK(complaint(head + "extensions: {vendor: [1, {a: b}]}\nextras: {call: f(a, b: [}\n" + tail)
              .substr(0, 6) == "HK1006");
    CHECK(complaint(head + "extensions: {vendor: [1, {a: b}]}\nextras: {call: f(a, b}\n" + tail) ==
          "");
    CHECK(complaint(head + "entries: {e: {graph: {y: 1}, outputs: {y: 'float[]'}}}\n" + tail) ==
          "HK1217 3:1 a file has either `entries:` or `graph:`, not both");
    CHECK(complaint(head + "entries: {e: {graph: {y: 1}}}\n") ==
          "HK1216 2:11 entry `e` needs `outputs:`");
    CHECK(complaint(head + "params: [a]\n" + tail) == "HK1214 2:9 `params:` must be a map");
}

TEST_CASE("names") {
    CHECK(complaint(head + "params: {n-layer: 1}\n" + tail) ==
          "HK1201 2:10 `n-layer` is not a name of a param");
    CHECK(complaint(head + "params: {2d: 1}\n" + tail) ==
          "HK1201 2:10 `2d` is not a name of a param");
    CHECK(complaint(head + "params: {\"\": 1}\n" + tail) ==
          "HK1201 2:10 `` is not a name of a param");
    for (const std::string word :
         {"yes", "No", "OFF", "true", "none", "null", "and", "else", "_", "w", "arch", "format"}) {
        INFO(word);
        CHECK(complaint(head + "params: {" + word + ": 1}\n" + tail) ==
              "HK1206 2:10 `" + word + "` cannot be used as a name");
    }
    CHECK(complaint(head + "blocks: {b: {in: [{w: weights}], out: w.a}}\n" + tail) ==
          "");  // a block sees no other w
    CHECK(complaint(head + "params: {y: 1, n: 2}\n" + tail) == "");
}

TEST_CASE("params") {
    const FileModel model =
        parse(head +
              "params:\n"
              "  a: {from: x.y, default: 4*d}\n"
              "  b: {from: [p, arch.q], list: n + 1}\n"
              "  c: {from: k, choice: [relu, gated-gelu, none, 1], default: gated-gelu}\n"
              "  d: {choice: [one, two], list: 2, default: [two, one, other]}\n"
              "  e: [1, [2, a + 1], 'x']\n"
              "  f: {op: max, args: [1, {op: len, args: [e]}], attrs: {of: 3}}\n" +
              tail);
    REQUIRE(model.params.size() == 6);
    CHECK(to_text(*model.params[0].default_value) == "4 * d");
    CHECK(model.params[0].from.at(0).text == "x.y");
    CHECK(model.params[0].from.at(0).place == Place{3, 13, 3});
    CHECK(model.params[1].from.at(1).text == "arch.q");
    CHECK(to_text(*model.params[1].list) == "n + 1");
    CHECK(model.params[2].choice.size() == 4);
    CHECK(model.params[2].default_value->kind == Expr::Kind::string);
    CHECK(model.params[2].default_value->text == "gated-gelu");
    CHECK(to_text(*model.params[3].default_value) == "['two', 'one', other]");
    CHECK(to_text(*model.params[4].value) == "[1, [2, a + 1], x]");
    CHECK(to_text(*model.params[5].value) == "max(1, len(e), of=3)");

    CHECK(complaint(head + "params: {a: {}}\n" + tail) == "HK1216 2:10 param `a` has no value");
    CHECK(complaint(head + "params: {a: {list: 3}}\n" + tail) ==
          "HK1216 2:10 param `a` has no value");
    CHECK(complaint(head + "params: {a: {from: b, defualt: 3}}\n" + tail) ==
          "HK1213 2:23 `defualt` is not known here");
    CHECK(help_of(head + "params: {a: {from: b, defualt: 3}}\n" + tail) ==
          "did you mean `default`?");
    CHECK(complaint(head + "params: {a: }\n" + tail).starts_with("HK1208 2:"));
    CHECK(complaint(head + "params: {a: {op: max, in: [1]}}\n" + tail) ==
          "HK1213 2:23 a call has no `in`");
}

TEST_CASE("expects holds literals, and words are strings") {
    const FileModel model = parse(head +
                                  "expects: {a: silu, b: false, c: 0, d: none, e: 1e-5, f: [x, 2], "
                                  "g: gelu-new, h: ~, i: '007', j: \"'q'\"}\n" +
                                  tail);
    std::string all;
    for (const ExpectDecl& expect : model.expects) all += to_text(*expect.value) + " ";
    CHECK(all == "'silu' false 0 none 1e-05 ['x', 2] 'gelu-new' none '007' 'q' ");
}

TEST_CASE("dims, precision, defaults") {
    const FileModel model = parse(
        head +
        "dims: {B: {max: 8}, T: , P: {state: 0, next: P + T, max: ctx, multiple: 2}}\n"
        "precision: {compute: f16, accumulate: f32, keep: {rms_norm: bf16}}\n"
        "defaults: {linear: {layout: io if a else oi, bias: false}, act: {kind: gated-gelu}}\n" +
        tail);
    CHECK(model.dims.size() == 3);
    CHECK_FALSE(model.dims[1].max);
    CHECK(to_text(*model.dims[2].next) == "P + T");
    CHECK(model.precision.compute->type == DType::f16);
    CHECK(model.precision.keep.at(0).type.type == DType::bf16);
    CHECK(to_text(*model.defaults.at(0).settings.at(0).value) == "io if a else oi");
    CHECK(model.defaults.at(1).settings.at(0).text.text == "gated-gelu");

    CHECK(complaint(head + "dims: {B: 8}\n" + tail) ==
          "HK1214 2:11 a dim is written `B: {max: ...}`");
    CHECK(complaint(head + "dims: {P: {state: 0}}\n" + tail) ==
          "HK1216 2:8 dim `P` has `state:` but no `next:`");
    CHECK(complaint(head + "precision: {compute: i8}\n" + tail) == "HK2001 2:22 unknown type `i8`");
}

TEST_CASE("weights") {
    const FileModel model =
        parse(head +
              "weights:\n"
              "  file: sub/model.safetensors\n"
              "  unused: \"*.bias\"\n"
              "  rename: {\"{part}\": \"transformer.{part}\", \"h.{i}.a{b}\": \"{i}.x\"}\n"
              "  variants: {gguf: {file: m.gguf, set: {style: gated-pairs}, rename: {a: b}}}\n" +
              tail);
    CHECK(model.weights.file->text == "sub/model.safetensors");
    CHECK(model.weights.unused.at(0).text == "*.bias");
    CHECK(model.weights.rename.at(0).other.text == "transformer.{part}");
    CHECK(model.weights.variants.at(0).set.at(0).text.text == "gated-pairs");
    for (const std::string path :
         {"/etc/passwd", "a/../../b", "..", "a/..", "c:\\x", "~/x", "https://x/y", "a\\..\\b"}) {
        INFO(path);
        CHECK(complaint(head + "weights: {file: \"" +
                        (path.find('\\') == std::string::npos ? path : "a\\\\b") + "\"}\n" + tail)
                  .starts_with("HK4001 2:17"));
        CHECK(complaint(head + "weights:\n  variants:\n    v:\n      file: '" + path + "'\n" + tail)
                  .starts_with("HK4001 5:13"));
    }
    CHECK(complaint(head + "weights: {file: ..a/b...c}\n" + tail) == "");
    CHECK(complaint(head + "weights: {rename: {\"a.{i}\": \"b.{j}\"}}\n" + tail) ==
          "HK1218 2:29 `{j}` does not occur in the pattern `a.{i}`");
    CHECK(complaint(head + "weights: {rename: {\"a.{i\": b}}\n" + tail) ==
          "HK1218 2:20 `{` and `}` hold a name in a rename");
}

TEST_CASE("blocks, pipelines and repeats") {
    const FileModel model =
        parse(head +
              "state:\n  kv: {repeat: n, k: 'float[B, P]'}\n  s: i32[P]\n"
              "blocks:\n"
              "  b:\n"
              "    in: [{x: 'float[B, ?C]'}, {w: weights}, {m: 'bool[B] or none'}, {n: int}]\n"
              "    body:\n"
              "      a: [f(x), g(_), [_, 1]]\n"
              "      r: {repeat: 3, from: x, step: 'b(_, w, m, n)', collect: true, carry: y}\n"
              "    out: {y: a, z: 'r[-1]'}\n" +
              tail);
    CHECK(model.state.at(0).slots.size() == 1);
    CHECK(model.state.at(1).is_single);
    const BlockDecl& block = model.blocks.at(0);
    CHECK(block.inputs.at(2).type.or_none);
    CHECK(block.body.at(0).lines.size() == 3);
    CHECK(block.body.at(1).repeat->collect);
    CHECK(block.body.at(1).repeat->carry->text == "y");
    CHECK(block.out_is_record);

    const auto body = [&](const std::string& item) {
        return complaint(head + "graph:\n  " + item + "\noutputs:\n  y: float[]\n");
    };
    CHECK(body("y: {repeat: 3, step: f(_)}") == "HK1216 3:3 repeat `y` needs `from:`");
    CHECK(body("y: {repeat: 3, from: a, step: f(_), indx: i}") ==
          "HK1213 3:39 `indx` is not known here");
    CHECK(body("y: {repeat: 3, from: a, step: f(_), index: 3}") ==
          "HK1201 3:46 `3` is not a name of a index");
    CHECK(body("y: {repeat: 3, from: a, step: [f(_)]}") ==
          "HK1209 3:33 `step:` takes one expression, not a pipeline");
    CHECK(body("y: {repeat: 3, from: a, step: f(_), collect: maybe}") ==
          "HK1215 3:48 `collect` must be true or false");
    CHECK(body("y: {a: b}") == "HK1209 3:3 a map here must be a `repeat:`");
    CHECK(body("y: []") == "HK1208 3:6 a pipeline needs at least one line");
    CHECK(body("y:").starts_with("HK1208 3:"));
    CHECK(complaint(head + "inputs:\n  y: float[]\n" + tail) == "HK1204 4:9 `y` is defined twice");
    CHECK(complaint(head + "blocks: {b: {in: [{x: int}], body: {x: 1}, out: x}}\n" + tail) ==
          "HK1204 2:37 `x` is defined twice");
    CHECK(complaint(head + "blocks: {b: {in: [{x: int}, {x: int}], out: x}}\n" + tail) ==
          "HK1204 2:30 `x` is defined twice");
    CHECK(complaint(head + "blocks: {b: {in: [x], out: x}}\n" + tail) ==
          "HK1214 2:19 an input is written `- name: type`");
    CHECK(complaint(head + "blocks: {b: {in: [{x: int}]}}\n" + tail) ==
          "HK1216 2:10 block `b` has no `out:`");
}

TEST_CASE("custom ops") {
    const auto op = [&](const std::string& changes) {
        return complaint(
            head +
            "ops:\n  o:\n    in:\n      - x: float[?B]\n    out: {y: 'float[B]'}\n    groups: B\n" +
            changes + tail);
    };
    CHECK(op("    shader: a.comp\n    bindings: [x, y]\n") == "");
    CHECK(op("    shader: a.comp\n    bindings: [x, y]\n    attrs: {k: u32 = 3, m: num}\n    push: "
             "{k: k, b: B * 2}\n    spec: {0: 16, 7: k}\n") == "");
    CHECK(op("    shader: a.glsl\n    bindings: [x, y]\n").starts_with("HK2601 8:13"));
    CHECK(op("    shader: ../a.comp\n    bindings: [x, y]\n").starts_with("HK4001 8:13"));
    CHECK(
        op("    shader: a.comp\n    bindings: [x]\n").starts_with("HK2603 9:5 `y` has no binding"));
    CHECK(op("    shader: a.comp\n    bindings: [x, y, x]\n")
              .starts_with("HK2602 9:22 `x` is bound twice"));
    CHECK(op("    shader: a.comp\n").starts_with("HK1216 3:3 op `o` needs `bindings:`"));
    CHECK(op("    shader: a.comp\n    bindings: [x, y]\n    attrs: {k: u33}\n")
              .starts_with("HK2001 10:16 unknown type `u33`"));
    CHECK(op("    shader: a.comp\n    bindings: [x, y]\n    spec: {a: 1}\n")
              .starts_with("HK2605 10:12"));
}

TEST_CASE("a call cut off by YAML is explained wherever it stands") {
    const std::string cut = "this call is cut off: inside { } or [ ] a `,` ends a YAML value";
    CHECK(complaint(head + "params: {a: {from: x, default: max(1, 2)}}\n" + tail) ==
          "HK1105 2:32 " + cut);
    CHECK(complaint(head + "defaults: {f: {a: f('x, y')}}\n" + tail) == "HK1105 2:19 " + cut);
    CHECK(complaint(head + "graph: {y: f(a, b)}\n") == "HK1105 2:12 " + cut);
    CHECK(complaint(head + "inputs: {x: float[B, T]}\n") ==
          "HK1105 2:13 this call is cut off: inside { } or [ ] a `[` or `{` starts another YAML "
          "value");
    CHECK(complaint(head + "params: {a: {from: x, default: 'max(1, 2)'}}\n" + tail) == "");
    Diagnostics out;
    parse_graph_file(text_source(head + "params: {a: max(1, 2), b: 3, c: {}}\n" + tail), out);
    CHECK(out.list().size() == 1);
}

TEST_CASE("a comment that cuts a call is explained") {
    CHECK(help_of(head + "graph:\n  y: f(a, # first\noutputs:\n  y: float[]\n") ==
          "a ` #` starts a comment and cuts the call here");
    CHECK(complaint(head + "graph:\n  y: f(a,\n    # note\n    b)\noutputs:\n  y: float[]\n")
              .starts_with("HK1006 "));
}
