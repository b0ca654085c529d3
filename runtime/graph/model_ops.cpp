// SPDX-License-Identifier: MIT
// Section ops: what a graph file brings along. Entries of the catalogue are read elsewhere (runtime/ops).
#include "graph/model_reader.hpp"

#include "base/did_you_mean.hpp"
#include "base/dtype.hpp"

#include <algorithm>
#include <array>

namespace hekla::graph {
namespace {

bool is_shader(std::string_view path) { return path.ends_with(".comp") || path.ends_with(".spv"); }

}  // namespace

void ModelReader::read_ops(const DocNode& node) {
    if (!is_map(node, "ops")) return;
    for (const DocNode::Member& member : node.members) read_op(member);
}

void ModelReader::read_op(const DocNode::Member& member) {
    constexpr std::array<std::string_view, 8> known = {"shader",   "in",   "attrs", "out",
                                                       "bindings", "push", "spec",  "groups"};
    const bool good = check_name(member.key, {"op"});
    const std::string name = "op `" + member.key.text + "`";
    if (!member.value.is_map()) {
        error("HK1214", name + " must be a map",
              place_of(member.value.is_null() ? member.key : member.value))
            .help("it has shader, in, out, bindings, groups");
        return;
    }
    CustomOpDecl op;
    op.name = member.key.text;
    op.name_place = member.key.place;
    const std::size_t before = state_.out.error_count();
    const DocNode* bindings = nullptr;
    for (const DocNode::Member& part : member.value.members) {
        const std::string& key = part.key.text;
        if (key == "shader") {
            if (auto path = read_path(part.value, "shader", "keep shaders beside the graph"))
                op.shader = std::move(*path);
            if (!op.shader.text.empty() && !is_shader(op.shader.text))
                error("HK2601", "shader `" + op.shader.text + "` is neither .comp nor .spv",
                      op.shader.place);
        } else if (key == "in") {
            op.inputs = read_ordered_ports(part.value, TypeRules::custom_op, {"input"});
        } else if (key == "attrs") {
            read_op_attributes(part.value, op);
        } else if (key == "out") {
            op.outputs = read_ports(part.value, "out", TypeRules::port, {"output"});
        } else if (key == "bindings") {
            bindings = &part.key;
            if (is_list(part.value, "bindings")) op.bindings = read_words(part.value, "bindings");
        } else if (key == "push") {
            op.push = read_settings(part.value, "push");
        } else if (key == "spec") {
            read_op_spec(part.value, op);
        } else if (key == "groups") {
            if (part.value.is_list()) {
                for (const DocNode& item : part.value.items)
                    if (ExprPtr size = read(item)) op.groups.push_back(std::move(size));
            } else if (ExprPtr size = read(part.value)) {
                op.groups.push_back(std::move(size));
            }
            if (part.value.is_list() && (part.value.items.empty() || part.value.items.size() > 3))
                error("HK2604", "`groups:` has one to three numbers", place_of(part.value));
        } else {
            unknown_key(part.key, known);
        }
    }
    for (std::string_view key : {"shader", "out", "bindings", "groups"})
        if (!member.value.find(key))
            missing(member.key, name + " needs `" + std::string(key) + ":`");
    if (state_.out.error_count() == before) check_bindings(op, *bindings);
    if (good) model_.ops.push_back(std::move(op));
}

void ModelReader::read_op_attributes(const DocNode& node, CustomOpDecl& op) {
    if (!is_map(node, "attrs")) return;
    constexpr std::array<std::string_view, 7> types = {"f32", "i32",  "u32", "int",
                                                       "num", "bool", "f16"};
    for (const DocNode::Member& member : node.members) {
        if (!check_name(member.key, {"setting"})) continue;
        if (!member.value.is_scalar()) {
            error("HK1215", "a setting is written `" + member.key.text + ": f32 = 0.5`",
                  place_of(member.value.is_null() ? member.key : member.value));
            continue;
        }
        CustomOpDecl::Attribute attribute;
        attribute.name = member.key.text;
        attribute.name_place = member.key.place;
        try {
            attribute.type.text = ExpressionParser(state_, member.value)
                                      .attribute(attribute.type.place, attribute.default_value);
        } catch (const ExpressionParser::Failed&) {
            continue;
        }
        const std::string& type = attribute.type.text;
        if (std::find(types.begin(), types.end(), type) == types.end()) {
            const std::string help = did_you_mean_help(type, types);
            error("HK2001", "unknown type `" + type + "`", attribute.type.place)
                .help(help.empty() ? "known are f32, f16, i32, u32, int, num, bool" : help);
            continue;
        }
        op.attributes.push_back(std::move(attribute));
    }
}

void ModelReader::read_op_spec(const DocNode& node, CustomOpDecl& op) {
    if (!is_map(node, "spec")) return;
    for (const DocNode::Member& member : node.members) {
        const auto id = as_integer(member.key);
        if (!id || *id < 0 || *id > 0xFFFF) {
            error("HK2605",
                  "`" + member.key.text + "` is not the number of a specialisation constant",
                  place_of(member.key));
            continue;
        }
        if (ExprPtr value = read(member.value))
            op.spec.push_back(
                {static_cast<std::uint32_t>(*id), member.key.place, std::move(value)});
    }
}

void ModelReader::check_bindings(const CustomOpDecl& op, const DocNode& key) {
    std::vector<std::string> names;
    for (const Port& port : op.inputs) names.push_back(port.name);
    for (const Port& port : op.outputs) {
        for (const Port& input : op.inputs)
            if (input.name == port.name)
                error("HK1204", "`" + port.name + "` is defined twice", port.name_place,
                      "again here")
                    .also(input.name_place, "first defined here")
                    .help("give the output another name");
        names.push_back(port.name);
    }
    std::unordered_map<std::string_view, Place> bound;
    for (const Word& word : op.bindings) {
        if (std::find(names.begin(), names.end(), word.text) == names.end()) {
            error("HK2602",
                  "binding `" + word.text + "` is neither an input nor an output of `" + op.name +
                      "`",
                  word.place)
                .help(did_you_mean_help(word.text, std::span<const std::string>(names)));
            continue;
        }
        const auto [first, is_new] = bound.emplace(word.text, word.place);
        if (!is_new)
            error("HK2602", "`" + word.text + "` is bound twice", word.place, "again here")
                .also(first->second, "first bound here");
    }
    if (bound.size() != op.bindings.size()) return;
    for (const std::string& name : names)
        if (!bound.contains(name))
            error("HK2603", "`" + name + "` has no binding", place_of(key))
                .help("list every input and output");
}

}  // namespace hekla::graph
