// SPDX-License-Identifier: MIT
// Into the epilogue of convolve and convolve_transpose, in this order:
//   activate   act(convolve(x, W)), leaky_relu with its slope
//   residual   convolve(x, W) + r, r broadcast to the result
#include "plan/rewriting.hpp"

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
    activate(draft, is_convolution);
    residual(draft);
}

}  // namespace hekla::plan
