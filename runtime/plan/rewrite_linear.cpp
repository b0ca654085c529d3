// SPDX-License-Identifier: MIT
//   gate       act(linear(x, G)) * linear(x, U)                 -> linear_gate
//   qkv        three linears of one input                       -> linear_qkv
//   activate   act(linear(x, W))                                -> linear_fused
//   residual   linear(x, W) + r, or linear_fused(...) + r       -> linear_fused
#include "plan/rewriting.hpp"

#include <array>

namespace hekla::plan {
namespace {

/// Linears that one kernel may serve together: one input, one layout, bias everywhere or nowhere, weights stored alike.
bool alike(const Draft& draft, const DraftNode& a, const DraftNode& b) {
    return draft.input(a, "x") == draft.input(b, "x") &&
           draft.attribute(a, "layout") == draft.attribute(b, "layout") &&
           (draft.input(a, "bias") == no_id) == (draft.input(b, "bias") == no_id) &&
           draft.form(draft.input(a, "weight")) == draft.form(draft.input(b, "weight"));
}

/// Larger weights are cut in rows, which only `linear` does.
bool fits_binding(const Draft& draft, const DraftNode& linear) {
    const ValueId w = draft.input(linear, "weight");
    std::vector<std::int64_t> shape;
    for (const Dim& size : draft.values[w].sizes) shape.push_back(size.evaluate(draft.largest));
    return device_bytes(draft.form(w), shape) <= draft.device.max_binding_bytes;
}

bool is_linear(const DraftNode& node) { return node.op->name == "linear"; }

void gate(Draft& draft) {
    const ops::Entry* op = available(draft, "linear_gate");
    if (!op) return;
    const Links links(draft);
    Removed removed(draft.nodes.size(), false);
    for (DraftNode& node : draft.nodes) {
        if (node.op->name != "mul" || node.inputs[1] == no_id) continue;
        for (const auto& [first, second] : {std::pair{0, 1}, std::pair{1, 0}}) {
            const ValueId left = node.inputs[static_cast<std::size_t>(first)],
                          right = node.inputs[static_cast<std::size_t>(second)];
            if (left == right || !links.private_to_one(left) || !links.private_to_one(right))
                continue;
            const std::uint32_t act = links.producer(left), up = links.producer(right);
            if (act == no_id || up == no_id || !is_linear(draft.nodes[up])) continue;
            const auto word = activation_word(draft, draft.nodes[act]);
            const ValueId gated = word ? draft.nodes[act].inputs[0] : no_id;
            if (!word || !links.private_to_one(gated)) continue;
            const std::uint32_t gate_at = links.producer(gated);
            if (gate_at == no_id || !is_linear(draft.nodes[gate_at])) continue;
            const DraftNode &g = draft.nodes[gate_at], &u = draft.nodes[up];
            if (!alike(draft, g, u) || !(draft.values[gated].sizes == draft.values[right].sizes) ||
                !fits_binding(draft, g))
                continue;
            DraftNode fused = make_node(*op, node,
                                        {{"out", draft.attribute(g, "out")},
                                         {"bias", draft.input(g, "bias") != no_id},
                                         {"layout", draft.attribute(g, "layout")},
                                         {"act", *word}});
            set_input(fused, "x", draft.input(g, "x"));
            set_input(fused, "gate", draft.input(g, "weight"));
            set_input(fused, "up", draft.input(u, "weight"));
            set_input(fused, "gate_bias", draft.input(g, "bias"));
            set_input(fused, "up_bias", draft.input(u, "bias"));
            fused.outputs = node.outputs;
            node = std::move(fused);
            removed[act] = removed[up] = removed[gate_at] = true;
            break;
        }
    }
    erase(draft, removed);
}

void qkv(Draft& draft) {
    const ops::Entry* op = available(draft, "linear_qkv");
    if (!op) return;
    const Links links(draft);
    Removed removed(draft.nodes.size(), false);
    for (std::uint32_t n = 0; n < draft.nodes.size(); ++n) {
        if (removed[n] || !is_linear(draft.nodes[n])) continue;
        std::vector<std::uint32_t> group;
        for (const std::uint32_t m : links.readers(draft.input(draft.nodes[n], "x")))
            if (!removed[m] && is_linear(draft.nodes[m]) &&
                alike(draft, draft.nodes[n], draft.nodes[m]) && fits_binding(draft, draft.nodes[m]))
                group.push_back(m);
        if (group.size() != 3 || group[0] != n) continue;
        const std::array<const DraftNode*, 3> part = {
            &draft.nodes[group[0]], &draft.nodes[group[1]], &draft.nodes[group[2]]};
        DraftNode fused = make_node(*op, *part[0],
                                    {{"out_q", draft.attribute(*part[0], "out")},
                                     {"out_k", draft.attribute(*part[1], "out")},
                                     {"out_v", draft.attribute(*part[2], "out")},
                                     {"bias", draft.input(*part[0], "bias") != no_id},
                                     {"layout", draft.attribute(*part[0], "layout")}});
        set_input(fused, "x", draft.input(*part[0], "x"));
        static constexpr const char* weights[] = {"q_weight", "k_weight", "v_weight"};
        static constexpr const char* biases[] = {"q_bias", "k_bias", "v_bias"};
        for (std::size_t i = 0; i < 3; ++i) {
            set_input(fused, weights[i], draft.input(*part[i], "weight"));
            set_input(fused, biases[i], draft.input(*part[i], "bias"));
            fused.outputs.push_back(part[i]->outputs[0]);
        }
        removed[group[1]] = removed[group[2]] = true;
        draft.nodes[n] = std::move(fused);
    }
    erase(draft, removed);
}

/// linear_fused with the attributes of `linear` (which may be a linear_fused already).
DraftNode as_fused(const Draft& draft, const ops::Entry& op, const DraftNode& linear,
                   const DraftNode& at) {
    std::map<std::string, graph::Attribute> values = {
        {"out", draft.attribute(linear, "out")},
        {"bias", draft.input(linear, "bias") != no_id},
        {"layout", draft.attribute(linear, "layout")}};
    if (linear.op == &op) values["act"] = draft.attribute(linear, "act");
    DraftNode fused = make_node(op, at, values);
    for (const char* slot : {"x", "weight", "bias"})
        set_input(fused, slot, draft.input(linear, slot));
    fused.outputs = at.outputs;
    return fused;
}

void activate(Draft& draft) {
    const ops::Entry* op = available(draft, "linear_fused");
    if (!op) return;
    const Links links(draft);
    Removed removed(draft.nodes.size(), false);
    for (DraftNode& node : draft.nodes) {
        const auto word = activation_word(draft, node);
        if (!word || !links.private_to_one(node.inputs[0])) continue;
        const std::uint32_t at = links.producer(node.inputs[0]);
        if (at == no_id || !is_linear(draft.nodes[at]) || !fits_binding(draft, draft.nodes[at]))
            continue;
        DraftNode fused = as_fused(draft, *op, draft.nodes[at], node);
        fused.attributes[*op->find_attribute("act")] = *word;
        removed[at] = true;
        node = std::move(fused);
    }
    erase(draft, removed);
}

void residual(Draft& draft) {
    const ops::Entry* op = available(draft, "linear_fused");
    if (!op) return;
    const Links links(draft);
    Removed removed(draft.nodes.size(), false);
    for (DraftNode& node : draft.nodes) {
        if (node.op->name != "add" || node.inputs[1] == no_id) continue;
        for (const std::size_t side : {std::size_t{1}, std::size_t{0}}) {
            const ValueId product = node.inputs[side], other = node.inputs[1 - side];
            if (product == other || !links.private_to_one(product) ||
                !(draft.values[product].sizes == draft.values[other].sizes))
                continue;
            const std::uint32_t at = links.producer(product);
            if (at == no_id || removed[at]) continue;
            const DraftNode& linear = draft.nodes[at];
            if (!(is_linear(linear) || linear.op == op) || !fits_binding(draft, linear)) continue;
            if (linear.op == op && draft.input(linear, "residual") != no_id) continue;
            DraftNode fused = as_fused(draft, *op, linear, node);
            set_input(fused, "residual", other);
            removed[at] = true;
            node = std::move(fused);
            break;
        }
    }
    erase(draft, removed);
}

}  // namespace

void rewrite_linear(Draft& draft) {
    gate(draft);
    qkv(draft);
    activate(draft);
    residual(draft);
}

}  // namespace hekla::plan
