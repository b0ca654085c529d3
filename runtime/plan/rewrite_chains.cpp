// SPDX-License-Identifier: MIT
//
//   chain      element-wise ops, each result read by one other and of its sizes   -> chain
#include "plan/rewriting.hpp"

#include <algorithm>

namespace hekla::plan {
namespace {

constexpr std::size_t most_steps = 8, most_inputs = 4, most_axes = 4;
constexpr std::uint32_t first_result = 4, own_number = 15;

/// An operand: a value, or (no_id) the step's number.
struct ChainStep {
    std::int64_t element = 0;
    std::vector<ValueId> operands;
    double number = 0;
    ValueId result = no_id;
};

using Chain = std::vector<ChainStep>;

/// What elements.glsl calls the op, as its entry says; 0: it is no step of a chain.
std::int64_t element_of(const ops::Entry& op, const std::vector<graph::Attribute>& attributes) {
    if (!op.element) return 0;
    Scope scope;
    set_attributes(scope, op, attributes);
    return scope.integer(*op.element);
}

bool is_number_like(const Draft& draft, ValueId v) {
    return draft.values[v].dtype == DType::f32 || draft.values[v].dtype == DType::boolean;
}

/// A node as steps, or none if it is not element-wise, or not of what a chain holds.
Chain steps_of(Draft& draft, const DraftNode& node) {
    if (node.outputs.size() != 1 || draft.values[node.outputs[0]].sizes.size() > most_axes ||
        !is_number_like(draft, node.outputs[0]))
        return {};
    std::vector<ValueId> operands;
    for (const ValueId v : node.inputs)
        if (v != no_id) {
            if (!is_number_like(draft, v)) return {};
            operands.push_back(v);
        }
    const ValueId y = node.outputs[0];
    if (node.op->name == "clamp") {
        DraftValue raised = draft.values[y];
        raised.kind = graph::ValueKind::node;
        raised.wanted = false;
        draft.values.push_back(std::move(raised));
        const auto middle = static_cast<ValueId>(draft.values.size() - 1);
        const auto bound = [&](const char* op) {
            return Scope().integer(*draft.catalogue.find(op)->element);
        };
        return {{bound("maximum"),
                 {operands[0], no_id},
                 std::get<double>(draft.attribute(node, "low")),
                 middle},
                {bound("minimum"),
                 {middle, no_id},
                 std::get<double>(draft.attribute(node, "high")),
                 y}};
    }
    ChainStep step{element_of(*node.op, node.attributes), std::move(operands), 0, y};
    if (step.element == 0) return {};
    for (const char* name : {"alpha", "slope", "number"})
        if (node.op->find_attribute(name))
            step.number = std::get<double>(draft.attribute(node, name));
    if (node.op->find_attribute("number") && step.operands.size() == 1) {
        const bool swap = std::get<bool>(draft.attribute(node, "swap"));
        step.operands.insert(swap ? step.operands.begin() : step.operands.end(), no_id);
    }
    // Comparisons of bools with numbers go by integers.
    if (draft.values[y].dtype == DType::boolean &&
        std::any_of(step.operands.begin(), step.operands.end(), [&](ValueId v) {
            return v != no_id && draft.values[v].dtype == DType::boolean;
        }))
        return {};
    return {std::move(step)};
}

/// What the steps read from outside, each once.
std::vector<ValueId> inputs_of(const Chain& chain) {
    std::vector<ValueId> inputs;
    for (std::size_t s = 0; s < chain.size(); ++s)
        for (const ValueId v : chain[s].operands) {
            const bool inner =
                v == no_id ||
                std::any_of(chain.begin(), chain.begin() + static_cast<std::ptrdiff_t>(s),
                            [&](const ChainStep& step) { return step.result == v; });
            if (!inner && std::find(inputs.begin(), inputs.end(), v) == inputs.end())
                inputs.push_back(v);
        }
    return inputs;
}

DraftNode node_of(const Draft& draft, const ops::Entry& op, const DraftNode& at,
                  const Chain& chain) {
    const std::vector<ValueId> inputs = inputs_of(chain);
    const auto is_bool = [&](ValueId v) { return draft.values[v].dtype == DType::boolean; };
    std::int64_t bools = is_bool(at.outputs[0]) ? 16 : 0;
    for (std::size_t i = 0; i < inputs.size(); ++i) bools |= is_bool(inputs[i]) ? 1 << i : 0;
    const auto place = [&](ValueId v) -> std::int64_t {
        if (v == no_id) return own_number;
        const auto input = std::find(inputs.begin(), inputs.end(), v);
        if (input != inputs.end()) return input - inputs.begin();
        const auto step = std::find_if(chain.begin(), chain.end(),
                                       [&](const ChainStep& s) { return s.result == v; });
        return first_result + (step - chain.begin());
    };
    std::map<std::string, graph::Attribute> settings = {{"bools", Dim(bools)}};
    Dims steps(most_steps, Dim(0));
    for (std::size_t s = 0; s < chain.size(); ++s) {
        std::int64_t word = chain[s].element;
        for (std::size_t o = 0; o < chain[s].operands.size(); ++o)
            word |= place(chain[s].operands[o]) << (8 + 4 * o);
        steps[s] = Dim(word);
        settings["n" + std::to_string(s)] = chain[s].number;
    }
    settings["steps"] = std::move(steps);
    DraftNode node = make_node(op, at, settings);
    std::copy(inputs.begin(), inputs.end(), node.inputs.begin());
    node.outputs = at.outputs;
    return node;
}

}  // namespace

void rewrite_chains(Draft& draft) {
    const ops::Entry* op = available(draft, "chain");
    if (!op) return;
    const Links links(draft);
    Removed removed(draft.nodes.size(), false);
    std::vector<Chain> chains(draft.nodes.size());
    std::vector<bool> fused(draft.nodes.size(), false);
    for (std::uint32_t n = 0; n < draft.nodes.size(); ++n) {
        const DraftNode& node = draft.nodes[n];
        Chain& chain = chains[n] = steps_of(draft, node);
        if (chain.empty()) continue;
        for (const ValueId v : node.inputs) {
            const std::uint32_t before = links.producer(v);
            if (before == no_id || removed[before] || chains[before].empty() ||
                draft.values[v].wanted ||
                !(draft.values[v].sizes == draft.values[node.outputs[0]].sizes))
                continue;
            const auto& readers = links.readers(v);
            if (std::any_of(readers.begin(), readers.end(),
                            [&](std::uint32_t reader) { return reader != n; }))
                continue;
            Chain joined = chains[before];
            joined.insert(joined.end(), chain.begin(), chain.end());
            if (joined.size() > most_steps || inputs_of(joined).size() > most_inputs) continue;
            chain = std::move(joined);
            removed[before] = fused[n] = true;
        }
    }
    for (std::uint32_t n = 0; n < draft.nodes.size(); ++n)
        if (fused[n] && !removed[n])
            draft.nodes[n] = node_of(draft, *op, draft.nodes[n], chains[n]);
    erase(draft, removed);
}

}  // namespace hekla::plan
