// SPDX-License-Identifier: MIT
#include "plan/rewriting.hpp"

namespace hekla::plan {

Links::Links(const Draft& draft)
    : draft_(draft), producer_(draft.values.size(), no_id), readers_(draft.consumers()) {
    for (std::uint32_t n = 0; n < draft.nodes.size(); ++n)
        for (const ValueId v : draft.nodes[n].outputs) producer_[v] = n;
}

std::optional<std::string> activation_word(const Draft& draft, const DraftNode& node) {
    const std::string& name = node.op->name;
    if (name == "gelu") {
        const auto* approx = std::get_if<std::string>(&draft.attribute(node, "approx"));
        return approx && *approx == "tanh" ? "gelu_tanh" : "gelu";
    }
    for (const char* word : {"relu", "silu", "quick_gelu", "sigmoid", "tanh"})
        if (name == word) return word;
    return std::nullopt;
}

const ops::Entry* available(const Draft& draft, const char* op) {
    const ops::Entry* entry = draft.catalogue.find(op);
    if (!entry || (draft.device.has_kernel && !draft.device.has_kernel(op))) return nullptr;
    return entry;
}

DraftNode make_node(const ops::Entry& op, const DraftNode& at,
                    const std::map<std::string, graph::Attribute>& values) {
    DraftNode node{&op, at.path, std::vector<ValueId>(op.slots.size(), no_id), {}, {}};
    for (const ops::AttributeSpec& spec : op.attributes) {
        const auto given = values.find(spec.name);
        if (given != values.end())
            node.attributes.push_back(given->second);
        else if (spec.kind == ops::AttributeKind::word)
            node.attributes.emplace_back(spec.choices.at(0));
        else if (spec.kind == ops::AttributeKind::boolean)
            node.attributes.emplace_back(false);
        else if (spec.kind == ops::AttributeKind::number)
            node.attributes.emplace_back(0.0);
        else
            node.attributes.emplace_back(Dim(0));
    }
    return node;
}

ValueId add_value(Draft& draft, const DraftNode& at, Dims sizes) {
    draft.values.push_back(
        {at.path, DType::f32, std::move(sizes), graph::ValueKind::node, no_id, false});
    return static_cast<ValueId>(draft.values.size() - 1);
}

void set_input(DraftNode& node, const char* slot, ValueId value) {
    const auto at = node.op->find_slot(slot);
    if (!at) fail(ErrorCode::internal, node, std::string("the op has no slot `") + slot + "`");
    node.inputs[*at] = value;
}

void absorb(Draft& draft, std::uint32_t maker, DraftNode& reader, Removed& removed) {
    DraftNode fused = std::move(draft.nodes[maker]);
    fused.path = reader.path;
    fused.outputs = reader.outputs;
    reader = std::move(fused);
    removed[maker] = true;
}

void fuse_activations(Draft& draft) {
    const Links links(draft);
    Removed removed(draft.nodes.size(), false);
    const auto attribute = [](DraftNode& node, const char* name) -> graph::Attribute& {
        return node.attributes[*node.op->find_attribute(name)];
    };
    for (DraftNode& node : draft.nodes) {
        const bool leaky = node.op->name == "leaky_relu";
        const auto word =
            leaky ? std::optional<std::string>("leaky_relu") : activation_word(draft, node);
        if (!word || !links.private_to_one(node.inputs[0])) continue;
        const std::uint32_t at = links.producer(node.inputs[0]);
        if (at == no_id) continue;
        const DraftNode& maker = draft.nodes[at];
        if (!maker.op->find_attribute("act") || !maker.op->find_attribute("slope")) continue;
        if (std::get<std::string>(draft.attribute(maker, "act")) != "none" ||
            draft.input(maker, "residual") != no_id)
            continue;
        const graph::Attribute slope =
            leaky ? draft.attribute(node, "slope") : graph::Attribute(0.0);
        absorb(draft, at, node, removed);
        attribute(node, "act") = *word;
        attribute(node, "slope") = slope;
    }
    erase(draft, removed);
}

void erase(Draft& draft, const Removed& removed) {
    std::vector<DraftNode> kept;
    for (std::size_t i = 0; i < draft.nodes.size(); ++i)
        if (!removed[i]) kept.push_back(std::move(draft.nodes[i]));
    draft.nodes = std::move(kept);
}

void put_in_order(Draft& draft) {
    std::vector<std::uint32_t> producer(draft.values.size(), no_id);
    for (std::uint32_t n = 0; n < draft.nodes.size(); ++n)
        for (const ValueId v : draft.nodes[n].outputs) producer[v] = n;
    std::vector<DraftNode> ordered;
    std::vector<bool> begun(draft.nodes.size(), false);
    std::vector<std::pair<std::uint32_t, std::size_t>> path;  // node, inputs looked at
    for (std::uint32_t n = 0; n < draft.nodes.size(); ++n) {
        if (begun[n]) continue;
        begun[n] = true;
        path.emplace_back(n, 0);
        while (!path.empty()) {
            auto& [at, seen] = path.back();
            if (seen == draft.nodes[at].inputs.size()) {
                ordered.push_back(std::move(draft.nodes[at]));
                path.pop_back();
                continue;
            }
            const ValueId v = draft.nodes[at].inputs[seen++];
            const std::uint32_t before = v == no_id ? no_id : producer[v];
            if (before == no_id || begun[before]) continue;
            begun[before] = true;
            path.emplace_back(before, 0);
        }
    }
    draft.nodes = std::move(ordered);
}

}  // namespace hekla::plan
