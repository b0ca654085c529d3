// SPDX-License-Identifier: MIT
// The JSON Schema says the same as the reader: a small validator reads the files by it.
#include "graph/schema.hpp"
#include "graph/parse.hpp"

#include "files.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <regex>

using namespace hekla;
using namespace hekla::graph;
using Json = nlohmann::json;

namespace {

/// The keywords of JSON Schema that ours uses; any other makes the test fail.
class Validator {
  public:
    explicit Validator(const Json& schema) : root_(schema) {}

    bool valid(const Json& value) { return valid(root_, value); }

  private:
    static bool is_type(const std::string& type, const Json& value) {
        if (type == "object") return value.is_object();
        if (type == "array") return value.is_array();
        if (type == "string") return value.is_string();
        if (type == "number") return value.is_number();
        if (type == "boolean") return value.is_boolean();
        if (type == "null") return value.is_null();
        throw std::runtime_error("type " + type);
    }

    bool matches(const std::string& pattern, const std::string& text) {
        auto [entry, is_new] = patterns_.try_emplace(pattern);
        if (is_new) entry->second.assign(pattern, std::regex::ECMAScript);
        return std::regex_search(text, entry->second);
    }

    std::size_t count(const Json& schemas, const Json& value) {
        std::size_t n = 0;
        for (const Json& schema : schemas) n += valid(schema, value) ? 1 : 0;
        return n;
    }

    bool valid(const Json& schema, const Json& value) {
        if (schema.is_boolean()) return schema.get<bool>();
        for (const auto& [keyword, rule] : schema.items())
            if (!holds(keyword, rule, schema, value)) return false;
        return true;
    }

    bool holds(const std::string& keyword, const Json& rule, const Json& schema,
               const Json& value) {
        if (keyword == "$schema" || keyword == "title" || keyword == "description" ||
            keyword == "$defs")
            return true;
        if (keyword == "$ref")
            return valid(root_.at(Json::json_pointer(rule.get<std::string>().substr(1))), value);
        if (keyword == "anyOf") return count(rule, value) >= 1;
        if (keyword == "oneOf") return count(rule, value) == 1;
        if (keyword == "not") return !valid(rule, value);
        if (keyword == "const") return value == rule;
        if (keyword == "enum") return std::find(rule.begin(), rule.end(), value) != rule.end();
        if (keyword == "type") {
            if (rule.is_string()) return is_type(rule, value);
            return std::any_of(rule.begin(), rule.end(),
                               [&](const Json& type) { return is_type(type, value); });
        }
        if (keyword == "pattern") return !value.is_string() || matches(rule, value);
        if (keyword == "minLength")
            return !value.is_string() || value.get<std::string>().size() >= rule;
        if (keyword == "minItems") return !value.is_array() || value.size() >= rule;
        if (keyword == "maxItems") return !value.is_array() || value.size() <= rule;
        if (keyword == "items")
            return !value.is_array() ||
                   std::all_of(value.begin(), value.end(),
                               [&](const Json& item) { return valid(rule, item); });
        if (keyword == "minProperties") return !value.is_object() || value.size() >= rule;
        if (keyword == "maxProperties") return !value.is_object() || value.size() <= rule;
        if (keyword == "required")
            return !value.is_object() ||
                   std::all_of(rule.begin(), rule.end(),
                               [&](const Json& key) { return value.contains(key); });
        if (keyword == "dependentRequired") {
            for (const auto& [key, others] : rule.items())
                if (value.is_object() && value.contains(key))
                    for (const Json& other : others)
                        if (!value.contains(other)) return false;
            return true;
        }
        if (keyword == "propertyNames") {
            if (value.is_object())
                for (const auto& [key, item] : value.items())
                    if (!valid(rule, Json(key))) return false;
            return true;
        }
        if (keyword == "properties") {
            if (value.is_object())
                for (const auto& [key, item] : rule.items())
                    if (value.contains(key) && !valid(item, value.at(key))) return false;
            return true;
        }
        if (keyword == "additionalProperties") {
            if (value.is_object())
                for (const auto& [key, item] : value.items())
                    if (!(schema.contains("properties") && schema.at("properties").contains(key)) &&
                        !valid(rule, item))
                        return false;
            return true;
        }
        throw std::runtime_error("keyword " + keyword);
    }

    const Json& root_;
    std::map<std::string, std::regex> patterns_;
};

/// As an editor reads YAML: plain scalars are numbers and truth values where they look like it.
Json to_json(const DocNode& node) {
    if (node.is_null()) return nullptr;
    if (node.is_scalar()) {
        if (node.style == DocNode::Style::plain) {
            if (const auto integer = as_integer(node)) return *integer;
            if (const auto real = as_real(node)) return *real;
            if (const auto boolean = as_boolean(node)) return *boolean;
        }
        return node.text;
    }
    Json result = node.is_list() ? Json::array() : Json::object();
    for (const DocNode& item : node.items) result.push_back(to_json(item));
    for (const DocNode::Member& member : node.members)
        result[member.key.text] = to_json(member.value);
    return result;
}

std::vector<SchemaOp> some_ops() {
    return {{"linear",
             "A matrix product.",
             "linear(x, w, out=, bias=true, layout='oi')",
             {{"out", {}, ""}, {"bias", {}, "true"}, {"layout", {"oi", "io"}, "oi"}}},
            {"relu", "", "", {}}};
}

}  // namespace

TEST_CASE("the schema names the ops and their settings") {
    const Json schema = Json::parse(graph_schema_json(some_ops()));
    CHECK(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
    CHECK(schema["$defs"]["op_name"]["oneOf"][0]["const"] == "linear");
    const Json& linear = schema["properties"]["defaults"]["properties"]["linear"];
    CHECK(linear["properties"]["layout"]["anyOf"][0]["enum"] == Json::array({"oi", "io"}));
    CHECK(linear["properties"]["out"]["description"] == "Must be given.");
    CHECK_FALSE(schema["properties"]["defaults"]["properties"].contains("relu"));
    CHECK(Json::parse(graph_schema_json({}))["$defs"]["op_name"]["$ref"] == "#/$defs/identifier");
}

TEST_CASE("every reference of the schema leads somewhere") {
    const Json schema = Json::parse(graph_schema_json(some_ops()));
    std::size_t seen = 0;
    const auto walk = [&](const auto& self, const Json& node) -> void {
        if (node.is_object() && node.contains("$ref") && node["$ref"].is_string()) {
            ++seen;
            CHECK_NOTHROW(schema.at(Json::json_pointer(node["$ref"].get<std::string>().substr(1))));
        }
        for (const Json& child : node)
            if (child.is_structured()) self(self, child);
    };
    walk(walk, schema);
    CHECK(seen > 50);
}

TEST_CASE("good files are valid by the schema") {
    const Json schema = Json::parse(graph_schema_json(some_ops()));
    Validator validator(schema);
    for (const auto& path : test::good_graphs()) {
        INFO(path);
        Diagnostics out;
        const auto document = parse_document(test::load(path), out);
        REQUIRE(document);
        CHECK(validator.valid(to_json(document->root)));
    }
}

TEST_CASE("the schema and the reader agree about what is wrong") {
    const Json schema = Json::parse(graph_schema_json({}));
    Validator validator(schema);
    const std::string head = "hekla: 1\n", tail = "graph: {y: x}\noutputs:\n  y: float[]\n";
    const auto agree = [&](const std::string& text, bool good) {
        INFO(text);
        Diagnostics out;
        const auto source = test::text_source(text);
        const auto document = parse_document(source, out);
        REQUIRE(document);
        CHECK(validator.valid(to_json(document->root)) == good);
        CHECK(parse_graph_file(source, out).has_value() == good);
    };
    agree(head + tail, true);
    agree(tail, false);
    agree("hekla: 2\n" + tail, false);
    agree(head, false);
    agree(head + "graph: {y: x}\n", false);
    agree(head + "block: {}\n" + tail, false);
    agree(head + "entries: {e: {graph: {y: 1}, outputs: {y: 'float[]'}}}\n", true);
    agree(head + "entries: {e: {graph: {y: 1}}}\n", false);
    agree(head + "entries: {e: {graph: {y: 1}, outputs: {y: 'float[]'}}}\n" + tail, false);
    for (const std::string name : {"on", "No", "none", "else", "w", "arch", "2d", "a-b", "_"})
        agree(head + "params: {" + name + ": 1}\n" + tail, false);
    agree(head + "params: {y: 1, _a: 2}\n" + tail, true);
    agree(head + "params: {a: {from: b, choice: [c, d], list: 3, default: c}}\n" + tail, true);
    agree(head + "params: {a: {list: 3}}\n" + tail, false);
    agree(head + "params: {a: {frm: 3}}\n" + tail, false);
    agree(head + "params: {a: }\n" + tail, false);
    agree(head + "params: [a]\n" + tail, false);
    agree(head + "expects: {a: [1, x, none], b: ~}\n" + tail, true);
    agree(head + "expects: {a: {b: c}}\n" + tail, false);
    agree(head + "dims: {B: , T: {max: 3, multiple: 2}}\n" + tail, true);
    agree(head + "dims: {B: 3}\n" + tail, false);
    agree(head + "dims: {P: {state: 0}}\n" + tail, false);
    agree(head + "precision: {compute: f16, keep: {softmax: f32}}\n" + tail, true);
    agree(head + "precision: {compute: fp16}\n" + tail, false);
    agree(head + "defaults: {linear: {layout: io if a else oi, bias: false}}\n" + tail, true);
    agree(head + "defaults: {linear: io}\n" + tail, false);
    agree(head + "weights: {file: a/b.safetensors, unused: '*.x', rename: {a: b}}\n" + tail, true);
    for (const std::string path : {"../a", "/a", "a/..", "c:/x", "~/a"})
        agree(head + "weights: {file: '" + path + "'}\n" + tail, false);
    agree(head + "weights: {files: a}\n" + tail, false);
    agree(head + "state: {kv: {repeat: 3, k: 'float[P]'}, s: 'i32[P]'}\n" + tail, true);
    agree(head + "state: {kv: {k: int}}\n" + tail, false);
    agree(head +
              "blocks: {b: {in: [{x: 'float[?C] or none'}, {w: weights}, {n: int}], body: {a: [x, "
              "f(_)], r: {repeat: 3, from: a, step: f(_)}}, out: {p: a, q: r}}}\n" +
              tail,
          true);
    agree(head + "blocks: {b: {in: {x: int}, out: x}}\n" + tail, false);
    agree(head + "blocks: {b: {in: [{x: fp16}], out: x}}\n" + tail, false);
    agree(head + "blocks: {b: {in: [{x: int}]}}\n" + tail, false);
    agree(head + "blocks: {b: {body: {r: {repeat: 3, step: f(_)}}, out: r}}\n" + tail, false);
    agree(head + "blocks: {b: {body: {r: {repeat: 3, from: x, step: [f(_)]}}, out: r}}\n" + tail,
          false);
    agree(head + "blocks: {b: {body: {r: {a: b}}, out: r}}\n" + tail, false);
    agree(head + "blocks: {b: {body: {r: {op: f, args: [x, {op: g}], attrs: {a: 1}}}, out: r}}\n" +
              tail,
          true);
    agree(head + "blocks: {b: {body: {r: {op: f, in: [x]}}, out: r}}\n" + tail, false);
    const std::string op =
        "ops: {o: {in: [{x: 'float[?B]'}], out: {y: 'float[B]'}, bindings: [x, y], groups: B, ";
    agree(head + op + "shader: a.comp, attrs: {k: f32 = 1}, spec: {0: 16}, push: {n: B}}}\n" + tail,
          true);
    agree(head + op + "shader: a.glsl}}\n" + tail, false);
    agree(head + op + "shader: a.comp, attrs: {k: float32 = 1}}}\n" + tail, false);
    agree(head + op + "shader: a.comp, spec: {a: 16}}}\n" + tail, false);
    agree(head + op + "bind: 3}}\n" + tail, false);
    agree(head + "inputs: {w: 'float[B]'}\n" + tail, false);
    agree(head + "inputs: {a: float}\n" + tail, false);
    agree(head + "extras: {on: [1, {2d: ~}]}\nextensions: {a: b}\n" + tail, true);
}
