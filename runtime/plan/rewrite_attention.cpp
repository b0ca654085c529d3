// SPDX-License-Identifier: MIT
//
//   products   attention with heads too wide for a kernel's registers   -> matmul, softmax, matmul, for some queries at a time
//   rotate     attention(rope(q), rope(k), v), the keys and values perhaps appended to the state   -> rope_qkv before it
#include "plan/rewriting.hpp"

#include <algorithm>

namespace hekla::plan {
namespace {

/// The node of `op` that makes `v` for one reader alone, or no_id.
std::uint32_t maker(const Draft& draft, const Links& links, ValueId v, const char* op) {
    if (v == no_id || !links.private_to_one(v)) return no_id;
    const std::uint32_t at = links.producer(v);
    return at != no_id && draft.nodes[at].op->name == op ? at : no_id;
}

/// What an append adds to the state, if `v` is the append's result, else `v`.
ValueId& before_append(Draft& draft, const Links& links, ValueId& v) {
    const std::uint32_t at = links.producer(v);
    return at != no_id && draft.nodes[at].op->name == "append" ? draft.nodes[at].inputs[1] : v;
}

bool turned_alike(const Draft& draft, const DraftNode& a, const DraftNode& b) {
    const Dims &first = draft.values[a.inputs[0]].sizes, &second = draft.values[b.inputs[0]].sizes;
    return a.attributes == b.attributes && draft.input(a, "divide") == draft.input(b, "divide") &&
           first[0] == second[0] && first[2] == second[2] && first[3] == second[3];
}

void rotate(Draft& draft) {
    const ops::Entry* op = available(draft, "rope_qkv");
    if (!op) return;
    const Links links(draft);
    Removed removed(draft.nodes.size(), false);
    for (DraftNode& attention : draft.nodes) {
        if (attention.op->name != "attention") continue;
        ValueId& keys = before_append(draft, links, attention.inputs[1]);
        ValueId& values = before_append(draft, links, attention.inputs[2]);
        const std::uint32_t q = maker(draft, links, attention.inputs[0], "rope");
        const std::uint32_t k = maker(draft, links, keys, "rope");
        if (q == no_id || k == no_id || !turned_alike(draft, draft.nodes[q], draft.nodes[k]) ||
            !(draft.values[values].sizes == draft.values[keys].sizes))
            continue;
        std::map<std::string, graph::Attribute> settings;
        for (std::size_t i = 0; i < op->attributes.size(); ++i)
            settings[op->attributes[i].name] =
                draft.attribute(draft.nodes[q], op->attributes[i].name);
        DraftNode fused = make_node(*op, draft.nodes[q], settings);
        set_input(fused, "q", draft.nodes[q].inputs[0]);
        set_input(fused, "k", draft.nodes[k].inputs[0]);
        set_input(fused, "v", values);
        set_input(fused, "divide", draft.input(draft.nodes[q], "divide"));
        DraftValue moved = draft.values[values];
        moved.kind = graph::ValueKind::node;
        moved.wanted = false;
        draft.values.push_back(std::move(moved));
        values = static_cast<ValueId>(draft.values.size() - 1);
        fused.outputs = {draft.nodes[q].outputs[0], draft.nodes[k].outputs[0], values};
        draft.nodes[q] = std::move(fused);
        removed[k] = true;
    }
    erase(draft, removed);
    put_in_order(draft);
}

/// Plain attention of one head of keys for each head of queries, all sizes known, whose heads `attention_queries` does not write out.
bool wants_products(const Draft& draft, const DraftNode& node) {
    if (node.op->name != "attention" || draft.input(node, "mask") != no_id ||
        draft.input(node, "bias") != no_id ||
        draft.attribute(node, "causal") != graph::Attribute(false) ||
        draft.attribute(node, "window") != graph::Attribute(Dim(0)) ||
        draft.attribute(node, "softcap") != graph::Attribute(0.0))
        return false;
    constexpr std::int64_t widest = 256, fewest = 32;
    const Dims& q = draft.values[node.inputs[0]].sizes;
    const Dims& k = draft.values[node.inputs[1]].sizes;
    const Dims& v = draft.values[node.inputs[2]].sizes;
    for (const Dims* sizes : {&q, &k, &v})
        if (!std::all_of(sizes->begin(), sizes->end(), [](const Dim& d) { return d.is_constant(); }))
            return false;
    return q[1] == k[1] && std::max(q[3].constant(), v[3].constant()) > widest &&
           q[2].constant() >= fewest && k[2].constant() >= fewest;
}

void products(Draft& draft) {
    if (!draft.device.by_address) return;
    constexpr std::int64_t scores_at_once = std::int64_t{4} << 20;
    std::vector<DraftNode> nodes;
    for (DraftNode& node : draft.nodes) {
        if (!wants_products(draft, node)) {
            nodes.push_back(std::move(node));
            continue;
        }
        const Dims q = draft.values[node.inputs[0]].sizes, k = draft.values[node.inputs[1]].sizes,
                   y = draft.values[node.outputs[0]].sizes;
        const auto add = [&](const char* name, const std::map<std::string, graph::Attribute>& settings,
                             std::vector<ValueId> inputs, ValueId output) {
            DraftNode added = make_node(*draft.catalogue.find(name), node, settings);
            std::copy(inputs.begin(), inputs.end(), added.inputs.begin());
            added.outputs = {output};
            nodes.push_back(std::move(added));
            return output;
        };
        const ValueId scaled = add("mul", {{"number", draft.attribute(node, "scale")}},
                                   {node.inputs[0]}, add_value(draft, node, q));
        const ValueId turned = add("transpose", {{"perm", Dims{Dim(0), Dim(1), Dim(3), Dim(2)}}},
                                   {node.inputs[1]}, add_value(draft, node, {k[0], k[1], k[3], k[2]}));
        const std::int64_t queries = q[2].constant();
        const std::int64_t each = q[0].constant() * q[1].constant() * k[2].constant();
        const std::int64_t at_once = std::max<std::int64_t>(scores_at_once / each / 32 * 32, 32);
        DraftNode joined = make_node(*draft.catalogue.find("concat"), node, {{"axis", Dim(2)}});
        joined.inputs.clear();
        for (std::int64_t first = 0; first < queries; first += at_once) {
            const Dim count(std::min(at_once, queries - first));
            const ValueId some = add("slice", {{"axis", Dim(2)}, {"start", Dim(first)}, {"count", count}},
                                     {scaled}, add_value(draft, node, {q[0], q[1], count, q[3]}));
            const Dims all_keys = {q[0], q[1], count, k[2]};
            const ValueId scores =
                add("matmul", {}, {some, turned}, add_value(draft, node, all_keys));
            const ValueId shares =
                add("softmax", {{"axis", Dim(3)}}, {scores}, add_value(draft, node, all_keys));
            joined.inputs.push_back(add("matmul", {}, {shares, node.inputs[2]},
                                        add_value(draft, node, {y[0], y[1], count, y[3]})));
        }
        joined.outputs = node.outputs;
        nodes.push_back(std::move(joined));
    }
    draft.nodes = std::move(nodes);
}

}  // namespace

void rewrite_attention(Draft& draft) {
    rotate(draft);
    products(draft);
}

}  // namespace hekla::plan
