// SPDX-License-Identifier: MIT
// Sections state, blocks, graph, entries.
#include "graph/model_reader.hpp"

#include <array>

namespace hekla::graph {

void ModelReader::read_state(const DocNode& node) {
    if (!is_map(node, "state")) return;
    for (const DocNode::Member& member : node.members) {
        const bool good = check_name(member.key, {"state", true});
        StateDecl state;
        state.name = member.key.text;
        state.name_place = member.key.place;
        if (member.value.is_map()) {
            for (const DocNode::Member& slot : member.value.members) {
                if (slot.key.text == "repeat") {
                    state.repeat = read(slot.value);
                    continue;
                }
                const bool named = check_name(slot.key, {"state slot"});
                auto type = read_type(state_, slot.value, TypeRules::port);
                if (named && type)
                    state.slots.push_back({slot.key.text, slot.key.place, std::move(*type)});
            }
            if (state.slots.empty() && state_.out.error_count() == 0)
                missing(member.key, "state `" + state.name + "` has no slots",
                        "for instance `k: float[B, n_head, P, d_head]`");
        } else if (auto type = read_type(state_, member.value, TypeRules::port)) {
            state.is_single = true;
            state.slots.push_back({{}, member.key.place, std::move(*type)});
        }
        if (good) model_.state.push_back(std::move(state));
    }
}

void ModelReader::read_blocks(const DocNode& node) {
    if (!is_map(node, "blocks")) return;
    for (const DocNode::Member& member : node.members) read_block(member);
}

void ModelReader::read_block(const DocNode::Member& member) {
    constexpr std::array<std::string_view, 3> known = {"in", "body", "out"};
    const bool good = check_name(member.key, {"block"});
    if (!member.value.is_map()) {
        error("HK1214", "block `" + member.key.text + "` must be a map of in, body, out",
              place_of(member.value.is_null() ? member.key : member.value));
        return;
    }
    BlockDecl block;
    block.name = member.key.text;
    block.name_place = member.key.place;
    for (const DocNode::Member& part : member.value.members) {
        if (part.key.text == "in")
            block.inputs = read_ordered_ports(part.value, TypeRules::argument, {"input"});
        else if (part.key.text == "body")
            block.body = read_body(part.value, "body", {"value"});
        else if (part.key.text == "out")
            read_out(part, block);
        else
            unknown_key(part.key, known);
    }
    if (!member.value.find("out"))
        missing(member.key, "block `" + block.name + "` has no `out:`",
                "say which value of the body is its result");
    check_twice(block.inputs, block.body);
    if (good) model_.blocks.push_back(std::move(block));
}

void ModelReader::read_out(const DocNode::Member& member, BlockDecl& block) {
    block.out_place = member.key.place;
    if (!member.value.is_map() || member.value.find("op")) {
        if (ExprPtr value = read(member.value))
            block.out.push_back({{}, member.value.place, std::move(value)});
        return;
    }
    block.out_is_record = true;
    for (const DocNode::Member& field : member.value.members) {
        const bool good = check_name(field.key, {"output"});
        ExprPtr value = read(field.value);
        if (good && value) block.out.push_back({field.key.text, field.key.place, std::move(value)});
    }
    if (member.value.members.empty()) missing(member.key, "`out:` names no value");
}

std::vector<BodyItem> ModelReader::read_body(const DocNode& node, std::string_view what,
                                             NameRules names) {
    std::vector<BodyItem> body;
    if (!is_map(node, what)) return body;
    for (const DocNode::Member& member : node.members) {
        const bool good = check_name(member.key, names);
        BodyItem item = read_body_item(member);
        if (good) body.push_back(std::move(item));
    }
    return body;
}

BodyItem ModelReader::read_body_item(const DocNode::Member& member) {
    const DocNode& value = member.value;
    BodyItem item;
    item.name = member.key.text;
    item.name_place = member.key.place;
    item.place = value.place;
    if (value.is_list()) {
        item.kind = BodyItem::Kind::pipeline;
        for (const DocNode& line : value.items)
            if (ExprPtr expr = read(line)) item.lines.push_back(std::move(expr));
        if (value.items.empty())
            error("HK1208", "a pipeline needs at least one line", place_of(value));
        return item;
    }
    if (value.is_map() && value.find("repeat")) {
        item.kind = BodyItem::Kind::repeat;
        item.repeat = read_repeat(member);
        return item;
    }
    if (value.is_map() && !value.find("op")) {
        error("HK1209", "a map here must be a `repeat:`", place_of(member.key))
            .help(
                "`name: {repeat: n, from: x, step: ...}`; several results of a block go under its "
                "`out:`");
        return item;
    }
    item.expression = read(value);
    return item;
}

std::unique_ptr<RepeatDecl> ModelReader::read_repeat(const DocNode::Member& member) {
    constexpr std::array<std::string_view, 6> known = {"repeat", "index",   "from",
                                                       "step",   "collect", "carry"};
    auto repeat = std::make_unique<RepeatDecl>();
    repeat->place = member.value.place;
    for (const DocNode::Member& part : member.value.members) {
        const std::string& key = part.key.text;
        if (key == "repeat" || key == "from" || key == "step") {
            if (part.value.is_list()) {
                error("HK1209", "`" + key + ":` takes one expression, not a pipeline",
                      place_of(part.value))
                    .help("put several calls into a block");
                continue;
            }
            (key == "repeat" ? repeat->count
             : key == "from" ? repeat->from
                             : repeat->step) = read(part.value);
        } else if (key == "index" || key == "carry") {
            auto word = read_word(part.value, key);
            if (!word || !check_name(part.value, {key == "index" ? "index" : "output"})) continue;
            (key == "index" ? repeat->index : repeat->carry) = std::move(*word);
        } else if (key == "collect") {
            if (const auto value = as_boolean(part.value))
                repeat->collect = *value;
            else
                error("HK1215", "`collect` must be true or false", place_of(part.value));
        } else {
            unknown_key(part.key, known);
        }
    }
    for (std::string_view key : {"from", "step"})
        if (!member.value.find(key))
            missing(member.key,
                    "repeat `" + member.key.text + "` needs `" + std::string(key) + ":`",
                    key == "from" ? "`from:` is `_` of the first turn"
                                  : "`step:` is what each turn does with `_`");
    return repeat;
}

void ModelReader::read_entry_part(const DocNode::Member& part, EntryDecl& entry) {
    const std::string& key = part.key.text;
    if (key == "inputs") {
        entry.inputs = read_ports(part.value, "inputs", TypeRules::input, {"input", true});
    } else if (key == "graph") {
        entry.graph_place = part.key.place;
        entry.graph = read_body(part.value, "graph", {"value", true});
    } else {
        entry.outputs_place = part.key.place;
        entry.outputs = read_ports(part.value, "outputs", TypeRules::port, {"output", true});
    }
}

void ModelReader::read_entries(const DocNode& node) {
    model_.has_named_entries = true;
    if (!is_map(node, "entries")) {
        if (node.is_null()) missing(*entries_key_, "`entries:` names no entry");
        return;
    }
    constexpr std::array<std::string_view, 3> known = {"inputs", "graph", "outputs"};
    for (const DocNode::Member& member : node.members) {
        const bool good = check_name(member.key, {"entry"});
        EntryDecl entry;
        entry.name = member.key.text;
        entry.name_place = member.key.place;
        if (!is_map(member.value, entry.name)) {
            if (member.value.is_null())
                missing(member.key, "entry `" + entry.name + "` needs `graph:` and `outputs:`");
            continue;
        }
        for (const DocNode::Member& part : member.value.members) {
            if (part.key.text == "inputs" || part.key.text == "graph" || part.key.text == "outputs")
                read_entry_part(part, entry);
            else
                unknown_key(part.key, known);
        }
        for (std::string_view key : {"graph", "outputs"})
            if (!member.value.find(key))
                missing(member.key, "entry `" + entry.name + "` needs `" + std::string(key) + ":`");
        check_twice(entry.inputs, entry.graph);
        if (good) model_.entries.push_back(std::move(entry));
    }
    if (node.members.empty()) missing(*entries_key_, "`entries:` names no entry");
}

void ModelReader::check_twice(const std::vector<Port>& inputs, const std::vector<BodyItem>& body) {
    std::unordered_map<std::string_view, Place> seen;
    for (const Port& port : inputs) seen.emplace(port.name, port.name_place);
    for (const BodyItem& item : body)
        if (const auto first = seen.find(item.name); first != seen.end())
            error("HK1204", "`" + item.name + "` is defined twice", item.name_place, "again here")
                .also(first->second, "first defined here")
                .help("a value is set once; give the second one another name");
}

}  // namespace hekla::graph
