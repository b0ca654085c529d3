// SPDX-License-Identifier: MIT
#include "graph/checker.hpp"

#include "base/did_you_mean.hpp"

#include <algorithm>

namespace hekla::graph {

ValueId Checker::add_value(Value value) {
    const auto id = static_cast<ValueId>(graph_.values.size());
    graph_.values.push_back(std::move(value));
    return id;
}

/// Adds a node with one value per result. Until a definition names them, values are called after their op.
NodeId Checker::add_node(Node node, std::vector<TensorType> outputs, std::string_view op) {
    const auto id = static_cast<NodeId>(graph_.nodes.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        Value value;
        value.path = (naming_ != nullptr && !naming_->path.empty() ? naming_->path + "." : std::string()) + std::string(op);
        value.type = std::move(outputs[i]);
        value.kind = ValueKind::node;
        value.producer = id;
        value.output = static_cast<std::uint32_t>(i);
        value.place = node.place;
        node.outputs.push_back(add_value(std::move(value)));
    }
    graph_.nodes.push_back(std::move(node));
    return id;
}

/// `path` is now a name of the value; of lists and records, of their parts. `weak`: only if there is no other.
void Checker::name_result(const std::string& path, const Item& item, bool weak) {
    if (aliases_.size() > 4 * options_.limits.max_graph_nodes) return;
    if (item.is(Item::Kind::tensor)) {
        aliases_[path] = {item.id, weak};
    } else if (item.is(Item::Kind::list)) {
        for (std::size_t i = 0; i < item.members->size(); ++i) {
            name_result(path + "[" + std::to_string(i) + "]", (*item.members)[i], weak);
        }
    } else if (item.is(Item::Kind::record)) {
        for (const Item::Field& field : *item.fields) name_result(path + "." + field.first, field.second, weak);
    }
}

/// Makes every value's path its shortest name (of equally short ones the first in spelling), and all paths unlike.
void Checker::choose_paths() {
    std::vector<Value>& values = graph_.values;
    std::vector<const std::string*> best(values.size(), nullptr);
    std::vector<bool> best_weak(values.size(), true);
    for (const auto& [path, alias] : aliases_) {
        if (values[alias.value].kind != ValueKind::node) continue;
        const std::string*& known = best[alias.value];
        const bool stronger = best_weak[alias.value] && !alias.weak;
        if (known == nullptr || stronger || (best_weak[alias.value] == alias.weak && path.size() < known->size())) {
            known = &path;
            best_weak[alias.value] = alias.weak;
        }
    }
    std::unordered_set<std::string> taken;
    for (const auto& entry : aliases_) taken.insert(entry.first);
    for (const Value& value : values) {
        if (value.kind != ValueKind::node) taken.insert(value.path);
    }
    std::unordered_map<std::string, int> counts;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i].kind != ValueKind::node) continue;
        if (best[i] != nullptr) {
            values[i].path = *best[i];
            continue;
        }
        std::string path = values[i].path;
        int& count = counts[path];
        while (!taken.insert(count == 0 ? path : path + "~" + std::to_string(count + 1)).second) ++count;
        if (count > 0) path += "~" + std::to_string(count + 1);
        ++count;
        values[i].path = std::move(path);
    }
}

void Checker::add_taps() {
    if (options_.taps.empty()) return;
    std::map<std::string, ValueId, std::less<>> known;
    for (std::size_t i = 0; i < graph_.values.size(); ++i) known[graph_.values[i].path] = static_cast<ValueId>(i);
    for (const auto& [path, alias] : aliases_) known[path] = alias.value;
    for (const std::string& tap : options_.taps) {
        const auto found = known.find(tap);
        if (found != known.end()) {
            const bool again = std::any_of(graph_.outputs.begin(), graph_.outputs.end(), [&](const Output& output) { return output.name == tap; });
            if (!again) graph_.outputs.push_back({tap, found->second, graph_.values[found->second].place});
            continue;
        }
        std::vector<std::string> candidates;
        for (const auto& entry : known) {
            if (entry.first.size() <= tap.size() + 3) candidates.push_back(entry.first);
        }
        const std::string help = did_you_mean_help(tap, candidates);
        diagnostics_.error(nullptr, "HK2202", "no value `" + tap + "` in the graph").help(help.empty() ? "`hekla show` lists the paths" : help);
    }
}

/// The graph of what outputs and states need; the rest is left out.
Graph Checker::finish() {
    choose_paths();
    add_taps();
    Graph& all = graph_;
    std::vector<bool> value_kept(all.values.size());
    std::vector<bool> node_kept(all.nodes.size());
    std::vector<ValueId> open;
    const auto keep = [&](ValueId id) {
        if (id == no_id || value_kept[id]) return;
        value_kept[id] = true;
        open.push_back(id);
    };
    for (const Output& output : all.outputs) keep(output.value);
    for (const Input& input : all.inputs) keep(input.value);
    // A run moves every slot on, so all of them are written whatever outputs are asked for.
    for (const State& state : all.states) keep(state.new_value);
    while (!open.empty()) {
        const Value& value = all.values[open.back()];
        open.pop_back();
        if (value.kind != ValueKind::node || node_kept[value.producer]) continue;
        node_kept[value.producer] = true;
        for (const ValueId id : all.nodes[value.producer].inputs) keep(id);
        for (const ValueId id : all.nodes[value.producer].outputs) value_kept[id] = true;
    }

    Graph graph;
    graph.name = file_.name.text;
    graph.entry = all.entry;
    graph.symbols = all.symbols;
    graph.precision.compute = file_.precision.compute ? file_.precision.compute->type : DType::f32;
    graph.precision.accumulate = file_.precision.accumulate ? file_.precision.accumulate->type : DType::f32;
    for (const auto& kept : file_.precision.keep) graph.precision.keep.emplace_back(kept.op.text, kept.type.type);

    std::vector<ValueId> value_ids(all.values.size(), no_id);
    for (std::size_t i = 0; i < all.values.size(); ++i) {
        if (!value_kept[i]) continue;
        value_ids[i] = static_cast<ValueId>(graph.values.size());
        graph.values.push_back(std::move(all.values[i]));
    }
    const auto moved = [&](ValueId id) { return id == no_id ? no_id : value_ids[id]; };
    for (std::size_t i = 0; i < all.nodes.size(); ++i) {
        if (!node_kept[i]) continue;
        const auto id = static_cast<NodeId>(graph.nodes.size());
        Node node = std::move(all.nodes[i]);
        for (ValueId& input : node.inputs) input = moved(input);
        for (ValueId& output : node.outputs) {
            output = moved(output);
            graph.values[output].producer = id;
        }
        node.path = graph.values[node.outputs.front()].path;
        graph.nodes.push_back(std::move(node));
    }
    for (const Input& input : all.inputs) graph.inputs.push_back({input.name, moved(input.value), input.place, input.fill});
    for (const Output& output : all.outputs) graph.outputs.push_back({output.name, moved(output.value), output.place});
    for (State& state : all.states) {
        state.old_value = moved(state.old_value);
        state.new_value = moved(state.new_value);
        if (state.old_value == no_id && state.new_value == no_id) continue;
        if (state.old_value != no_id) graph.values[state.old_value].source = static_cast<std::uint32_t>(graph.states.size());
        graph.states.push_back(std::move(state));
    }
    for (Weight& weight : all.weights) {
        weight.value = moved(weight.value);
        if (weight.value == no_id) continue;
        graph.values[weight.value].source = static_cast<std::uint32_t>(graph.weights.size());
        graph.weights.push_back(std::move(weight));
    }
    for (const auto& [path, alias] : aliases_) {
        if (moved(alias.value) != no_id) graph.names.push_back({path, moved(alias.value)});
    }
    for (const auto& entry : custom_ops_) graph.custom_ops.push_back(entry.second);
    return graph;
}

}  // namespace hekla::graph
