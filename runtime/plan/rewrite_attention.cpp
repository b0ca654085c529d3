// SPDX-License-Identifier: MIT
//
//   rotate     attention(rope(q), rope(k), v), the keys and values perhaps appended to the state   -> rope_qkv before it
#include "plan/rewriting.hpp"

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

}  // namespace

void rewrite_attention(Draft& draft) { rotate(draft); }

}  // namespace hekla::plan
