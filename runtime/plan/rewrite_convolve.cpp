// SPDX-License-Identifier: MIT
// Into convolve and, but for the first, convolve_transpose, in this order:
//   magnify    convolve(upsample(x), W)             -> convolve with `up`
//   normalise  batch_norm(convolve(x, W))           -> batch_norm_factors, then convolve with scale and bias
//   act(convolve(x, W)), leaky_relu with its slope
//   residual   convolve(x, W) + r, r broadcast to the result
#include "plan/rewriting.hpp"

#include <map>

namespace hekla::plan {
namespace {

bool is_convolution(const DraftNode& node) {
    return node.op->name == "convolve" || node.op->name == "convolve_transpose";
}

/// The convolution that makes `v` and whose result only one node reads, or no_id.
std::uint32_t convolution_of(const Draft& draft, const Links& links, ValueId v) {
    if (v == no_id || !links.private_to_one(v)) return no_id;
    const std::uint32_t at = links.producer(v);
    return at != no_id && is_convolution(draft.nodes[at]) ? at : no_id;
}

/// How often a nearest upsample repeats each place along both axes, or 0.
std::int64_t magnification(const Draft& draft, const DraftNode& node) {
    if (node.op->name != "upsample") return 0;
    const Dims &from = draft.values[node.inputs[0]].sizes,
               &to = draft.values[node.outputs[0]].sizes;
    for (const std::size_t axis : {std::size_t{2}, std::size_t{3}})
        if (!from[axis].is_constant() || !to[axis].is_constant()) return 0;
    const std::int64_t times = to[2].constant() / from[2].constant();
    const bool exact = to[2] == from[2] * Dim(times) && to[3] == from[3] * Dim(times);
    return exact ? times : 0;
}

void magnify(Draft& draft) {
    const Links links(draft);
    Removed removed(draft.nodes.size(), false);
    for (DraftNode& node : draft.nodes) {
        if (node.op->name != "convolve") continue;
        const ValueId x = draft.input(node, "x");
        const std::uint32_t at = links.private_to_one(x) ? links.producer(x) : no_id;
        const std::int64_t times = at == no_id ? 0 : magnification(draft, draft.nodes[at]);
        if (times == 0) continue;
        node.attributes[*node.op->find_attribute("up")] = Dim(times);
        set_input(node, "x", draft.nodes[at].inputs[0]);
        removed[at] = true;
    }
    erase(draft, removed);
}

ValueId add_channels(Draft& draft, const DraftNode& at, const Dim& count) {
    draft.values.push_back({at.path, DType::f32, {count}, graph::ValueKind::node, no_id, false});
    return static_cast<ValueId>(draft.values.size() - 1);
}

void normalise(Draft& draft) {
    const ops::Entry* op = available(draft, "batch_norm_factors");
    if (!op) return;
    const Links links(draft);
    Removed removed(draft.nodes.size(), false);
    std::map<std::size_t, DraftNode> before;  // what is done ahead of a node
    for (std::size_t n = 0; n < draft.nodes.size(); ++n) {
        DraftNode& norm = draft.nodes[n];
        if (norm.op->name != "batch_norm") continue;
        const std::uint32_t at = convolution_of(draft, links, draft.input(norm, "x"));
        if (at == no_id) continue;
        const graph::Attribute channels = draft.attribute(draft.nodes[at], "out");
        DraftNode factors =
            make_node(*op, norm, {{"channels", channels}, {"eps", draft.attribute(norm, "eps")}});
        set_input(factors, "before", draft.input(draft.nodes[at], "bias"));
        for (const char* slot : {"weight", "bias", "running_mean", "running_var"})
            set_input(factors, slot, draft.input(norm, slot));
        for (int i = 0; i < 2; ++i)
            factors.outputs.push_back(add_channels(draft, norm, std::get<Dim>(channels)));
        absorb(draft, at, norm, removed);
        set_input(norm, "scale", factors.outputs[0]);
        set_input(norm, "bias", factors.outputs[1]);
        before.emplace(n, std::move(factors));
    }
    std::vector<DraftNode> nodes;
    for (std::size_t n = 0; n < draft.nodes.size(); ++n) {
        if (const auto first = before.find(n); first != before.end())
            nodes.push_back(std::move(first->second));
        if (!removed[n]) nodes.push_back(std::move(draft.nodes[n]));
    }
    draft.nodes = std::move(nodes);
}

/// Does a tensor of these sizes broadcast to `wanted` as it is?
bool broadcasts_to(const Dims& sizes, const Dims& wanted) {
    if (sizes.size() > wanted.size()) return false;
    const std::size_t shift = wanted.size() - sizes.size();
    for (std::size_t i = 0; i < sizes.size(); ++i)
        if (!(sizes[i] == Dim(1)) && !(sizes[i] == wanted[shift + i])) return false;
    return true;
}

void residual(Draft& draft) {
    const Links links(draft);
    Removed removed(draft.nodes.size(), false);
    for (DraftNode& node : draft.nodes) {
        if (node.op->name != "add" || node.inputs[1] == no_id) continue;
        for (const std::size_t side : {std::size_t{1}, std::size_t{0}}) {
            const ValueId product = node.inputs[side], other = node.inputs[1 - side];
            const std::uint32_t at =
                product == other ? no_id : convolution_of(draft, links, product);
            if (at == no_id || removed[at] || draft.input(draft.nodes[at], "residual") != no_id ||
                !broadcasts_to(draft.values[other].sizes, draft.values[product].sizes) ||
                draft.values[other].dtype != DType::f32)
                continue;
            absorb(draft, at, node, removed);
            set_input(node, "residual", other);
            break;
        }
    }
    erase(draft, removed);
}

}  // namespace

void rewrite_convolve(Draft& draft) {
    magnify(draft);
    normalise(draft);
    fuse_activations(draft);  // into all that take them; a batch norm would, so not before `normalise`
    residual(draft);
}

}  // namespace hekla::plan
