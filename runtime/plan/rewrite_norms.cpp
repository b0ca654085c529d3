// SPDX-License-Identifier: MIT
//
//   halves     group_norm or instance_norm of long runs, with the activation fused into it -> norm_moments, then norm_apply
//   ahead      a norm whose one reader has kernels that take rows in tiles -> part of that reader. With these a kernel of the norm may lay the rows
//              out (`gives: tiles`), some do the norm themselves (`norms:`), and others have it ahead of them as it was
#include "plan/rewriting.hpp"

#include <algorithm>

namespace hekla::plan {
namespace {

// A run that is shorter is normalised by one workgroup; of a longer one each part is some workgroup's, but there are never so many
// parts that joining them counts.
constexpr std::int64_t long_run = 65536, part_size = 16384, most_parts = 256;

std::int64_t product(const Dims& sizes, std::size_t first) {
    std::int64_t result = 1;
    for (std::size_t i = first; i < sizes.size(); ++i) result *= sizes[i].constant();
    return result;
}

void halves(Draft& draft) {
    const ops::Entry* moments_op = available(draft, "norm_moments");
    const ops::Entry* apply_op = available(draft, "norm_apply");
    const ops::Entry* reshape_op = draft.catalogue.find("reshape");
    if (!moments_op || !apply_op || !reshape_op) return;
    std::vector<DraftNode> nodes;
    for (DraftNode& node : draft.nodes) {
        const bool by_channel = node.op->name == "instance_norm";
        const Dims sizes = node.inputs.empty() || node.inputs[0] == no_id
                               ? Dims()
                               : draft.values[node.inputs[0]].sizes;
        const bool known = std::all_of(sizes.begin(), sizes.end(),
                                       [](const Dim& size) { return size.is_constant(); });
        if ((!by_channel && node.op->name != "group_norm") || !known) {
            nodes.push_back(std::move(node));
            continue;
        }
        const std::int64_t channels = sizes[1].constant();
        const std::int64_t groups =
            by_channel ? channels : std::get<Dim>(draft.attribute(node, "groups")).constant();
        const std::int64_t size = channels / groups * product(sizes, 2);
        if (size < long_run) {
            nodes.push_back(std::move(node));
            continue;
        }
        const std::int64_t step = std::max(part_size, (size + most_parts - 1) / most_parts);
        const ValueId runs = add_value(draft, node, {sizes[0], Dim(groups), Dim(size)});
        const ValueId parts =
            add_value(draft, node, {sizes[0], Dim(groups), Dim((size + step - 1) / step), Dim(2)});

        DraftNode reshape = make_node(*reshape_op, node, {{"dims", draft.values[runs].sizes}});
        set_input(reshape, "x", node.inputs[0]);
        reshape.outputs = {runs};
        DraftNode moments = make_node(*moments_op, node, {{"step", Dim(step)}});
        set_input(moments, "x", runs);
        moments.outputs = {parts};
        DraftNode apply = make_node(*apply_op, node,
                                    {{"groups", Dim(groups)},
                                     {"step", Dim(step)},
                                     {"eps", draft.attribute(node, "eps")},
                                     {"act", draft.attribute(node, "act")},
                                     {"slope", draft.attribute(node, "slope")}});
        for (const char* slot : {"x", "weight", "bias"})
            set_input(apply, slot, draft.input(node, slot));
        set_input(apply, "moments", parts);
        apply.outputs = node.outputs;
        nodes.push_back(std::move(reshape));
        nodes.push_back(std::move(moments));
        nodes.push_back(std::move(apply));
    }
    draft.nodes = std::move(nodes);
}

bool any_kernel(const ops::Entry& op, bool (*is_so)(const ops::KernelSpec&)) {
    return std::any_of(op.kernels.begin(), op.kernels.end(), is_so);
}

void ahead(Draft& draft) {
    if (draft.device.has_kernel) return;  // finds kernels by op
    const Links links(draft);
    Removed removed(draft.nodes.size(), false);
    for (DraftNode& node : draft.nodes) {
        if (!any_kernel(*node.op, [](const auto& k) { return k.takes == ops::KernelSpec::Takes::tiles; })) continue;
        const ValueId normed = node.inputs[0];
        const std::uint32_t at = links.producer(normed);
        if (at == no_id || !links.private_to_one(normed)) continue;
        DraftNode& norm = draft.nodes[at];
        if (!any_kernel(*norm.op, [](const auto& k) { return k.gives_tiles; })) continue;
        // What it reads beside x must be there whenever the reader's turn comes.
        if (std::any_of(norm.inputs.begin() + 1, norm.inputs.end(), [&](ValueId v) {
                return v != no_id && draft.values[v].kind != graph::ValueKind::weight;
            }))
            continue;
        node.inputs[0] = norm.inputs[0];
        node.norm = std::make_shared<const DraftNode>(std::move(norm));
        removed[at] = true;
    }
    erase(draft, removed);
}

}  // namespace

void rewrite_norms(Draft& draft) {
    halves(draft);
    ahead(draft);
}

}  // namespace hekla::plan
