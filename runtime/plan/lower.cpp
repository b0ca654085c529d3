// SPDX-License-Identifier: MIT
//
//   conv2d             -> convolve
//   conv1d             -> convolve of images one row high
//   conv_transpose2d   -> convolve_transpose
//   conv_transpose1d   -> convolve_transpose of images one row high
//   stack              -> concat of tensors with one axis more
#include "plan/rewriting.hpp"

#include <algorithm>
#include <iterator>

namespace hekla::plan {
namespace {

struct Convolution {
    const char* from;
    const char* to;
    bool is_row;  ///< 1-D
};

constexpr Convolution convolutions[] = {
    {"conv1d", "convolve", true},
    {"conv2d", "convolve", false},
    {"conv_transpose1d", "convolve_transpose", true},
    {"conv_transpose2d", "convolve_transpose", false},
};

const ops::Entry& entry(const Draft& draft, const char* name, const DraftNode& node) {
    const ops::Entry* op = draft.catalogue.find(name);
    if (!op) fail(ErrorCode::internal, node, std::string("the catalogue has no `") + name + "`");
    return *op;
}

/// The setting of a 1-D op for both axes of an image one row high.
graph::Attribute with_height(const graph::Attribute& setting, std::int64_t height) {
    return Dims{Dim(height), std::get<Dim>(setting)};
}

/// [B, C, L] as [B, C, 1, L].
ValueId add_image(Draft& draft, ValueId rows) {
    DraftValue image = draft.values[rows];
    image.kind = graph::ValueKind::node;
    image.wanted = false;
    image.sizes.insert(image.sizes.begin() + 2, Dim(1));
    draft.values.push_back(std::move(image));
    return static_cast<ValueId>(draft.values.size() - 1);
}

DraftNode reshape(const Draft& draft, const DraftNode& at, ValueId from, ValueId to) {
    DraftNode node = make_node(entry(draft, "reshape", at), at, {{"dims", draft.values[to].sizes}});
    set_input(node, "x", from);
    node.outputs = {to};
    return node;
}

void lower_convolution(Draft& draft, const DraftNode& node, const Convolution& kind,
                       std::vector<DraftNode>& to) {
    const ops::Entry& op = entry(draft, kind.to, node);
    std::map<std::string, graph::Attribute> settings;
    for (const char* name : {"kernel", "stride", "pad", "extra", "dilation"}) {
        if (!node.op->find_attribute(name)) continue;
        const graph::Attribute& setting = draft.attribute(node, name);
        const bool counts_from_zero =
            name == std::string_view("pad") || name == std::string_view("extra");
        settings[name] = kind.is_row ? with_height(setting, counts_from_zero ? 0 : 1) : setting;
    }
    for (const char* name : {"out", "groups", "layout"})
        if (node.op->find_attribute(name)) settings[name] = draft.attribute(node, name);
    settings["up"] = Dim(1);
    DraftNode result = make_node(op, node, settings);
    for (const char* slot : {"x", "weight", "bias"})
        set_input(result, slot, draft.input(node, slot));
    result.outputs = node.outputs;
    if (!kind.is_row) return to.push_back(std::move(result));
    const ValueId rows = draft.input(node, "x"), image = add_image(draft, rows);
    const ValueId image_out = add_image(draft, node.outputs[0]);
    to.push_back(reshape(draft, node, rows, image));
    set_input(result, "x", image);
    result.outputs = {image_out};
    to.push_back(std::move(result));
    to.push_back(reshape(draft, node, image_out, node.outputs[0]));
}

void lower_stack(Draft& draft, const DraftNode& node, std::vector<DraftNode>& to) {
    const auto axis = std::get<Dim>(draft.attribute(node, "axis"));
    DraftNode result = make_node(entry(draft, "concat", node), node, {{"axis", axis}});
    result.inputs.clear();
    for (const ValueId part : node.inputs) {
        DraftValue raised = draft.values[part];
        raised.kind = graph::ValueKind::node;
        raised.wanted = false;
        raised.sizes.insert(raised.sizes.begin() + axis.constant(), Dim(1));
        draft.values.push_back(std::move(raised));
        const auto id = static_cast<ValueId>(draft.values.size() - 1);
        to.push_back(reshape(draft, node, part, id));
        result.inputs.push_back(id);
    }
    result.outputs = node.outputs;
    to.push_back(std::move(result));
}

}  // namespace

void lower(Draft& draft) {
    std::vector<DraftNode> nodes;
    nodes.reserve(draft.nodes.size());
    for (DraftNode& node : draft.nodes) {
        const auto* kind =
            std::find_if(std::begin(convolutions), std::end(convolutions),
                         [&](const Convolution& c) { return node.op->name == c.from; });
        if (node.op->name == "stack")
            lower_stack(draft, node, nodes);
        else if (kind == std::end(convolutions))
            nodes.push_back(std::move(node));
        else
            lower_convolution(draft, node, *kind, nodes);
    }
    draft.nodes = std::move(nodes);
}

}  // namespace hekla::plan
