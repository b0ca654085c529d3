// SPDX-License-Identifier: MIT
//
//   pad   convolve(pad(x)), zeros around an image   -> convolve that begins further out; how far it goes, its result's sizes say
#include "plan/rewriting.hpp"

#include <optional>

namespace hekla::plan {
namespace {

/// Zeros above and left of an image, if the node puts zeros around images, and nothing else.
std::optional<std::pair<Dim, Dim>> zeros_before(const Draft& draft, const DraftNode& node) {
    if (node.op->name != "pad" ||
        std::get<std::string>(draft.attribute(node, "mode")) != "constant" ||
        std::get<double>(draft.attribute(node, "value")) != 0)
        return std::nullopt;
    Dims pads = std::get<Dims>(draft.attribute(node, "pads"));
    while (pads.size() < 4) pads.emplace_back(0);
    for (std::size_t i = 0; i < pads.size(); ++i)
        if (!pads[i].is_constant() || pads[i].constant() < 0 || (i >= 4 && !(pads[i] == Dim(0))))
            return std::nullopt;
    return std::pair(pads[2], pads[0]);
}

}  // namespace

void rewrite_pads(Draft& draft) {
    const Links links(draft);
    Removed removed(draft.nodes.size(), false);
    for (DraftNode& node : draft.nodes) {
        if (node.op->name != "convolve") continue;
        const ValueId x = draft.input(node, "x");
        const std::uint32_t at = links.private_to_one(x) ? links.producer(x) : no_id;
        const auto zeros = at == no_id ? std::nullopt : zeros_before(draft, draft.nodes[at]);
        if (!zeros) continue;
        auto& pad = std::get<Dims>(node.attributes[*node.op->find_attribute("pad")]);
        pad[0] = pad[0] + zeros->first;
        pad[1] = pad[1] + zeros->second;
        set_input(node, "x", draft.nodes[at].inputs[0]);
        removed[at] = true;
    }
    erase(draft, removed);
}

}  // namespace hekla::plan
