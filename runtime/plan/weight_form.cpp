// SPDX-License-Identifier: MIT
#include "plan/weight_form.hpp"

#include "base/error.hpp"
#include "plan/draft.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace hekla::plan {
namespace {

/// What the readers of one weight, seen so far, agree on.
struct Wishes {
    bool raw = true, pack = true;
    std::optional<bool> transposed;

    void none() { raw = pack = false; }
    void add(const ops::Slot* slot, const graph::Node& node, DType type) {
        if (slot == nullptr) return none();
        raw =
            raw && std::find(slot->stored.begin(), slot->stored.end(), type) != slot->stored.end();
        if (!slot->packed) {
            pack = false;
            return;
        }
        Scope scope;
        set_attributes(scope, *node.op, node.attributes);
        const bool by_columns = scope.integer(*slot->packed) != 0;
        pack = pack && transposed.value_or(by_columns) == by_columns;
        transposed = by_columns;
    }
};

WeightForm form_of(const Wishes& wishes, DType type, std::size_t rank) {
    if (!is_floating(type)) return {DType::i32};
    const bool by_columns = wishes.transposed.value_or(false);
    const bool pack = wishes.pack && wishes.raw && wishes.transposed &&
                      (by_columns ? rank == 2 && !is_quantised(type) : rank >= 2);
    if (pack) return {type, true, by_columns};
    if (wishes.raw && !is_quantised(type)) return {type};
    return {DType::f32};
}

}  // namespace

std::vector<WeightForm> weight_forms(const graph::Graph& graph, std::span<const DType> file_types,
                                     bool pack) {
    std::vector<Wishes> wishes(graph.weights.size());
    const auto weight_of = [&](ValueId v) {
        return v != no_id && graph.values[v].kind == graph::ValueKind::weight
                   ? graph.values[v].source
                   : no_id;
    };
    for (const graph::Node& node : graph.nodes)
        for (std::size_t i = 0; i < node.inputs.size(); ++i)
            if (const std::uint32_t w = weight_of(node.inputs[i]); w != no_id)
                wishes[w].add(i < node.op->slots.size() ? &node.op->slots[i] : nullptr, node,
                              file_types[w]);
    for (const graph::Output& output : graph.outputs)
        if (const std::uint32_t w = weight_of(output.value); w != no_id) wishes[w].none();
    std::vector<WeightForm> forms;
    for (std::size_t w = 0; w < wishes.size(); ++w) {
        if (!pack) wishes[w].pack = false;
        forms.push_back(form_of(wishes[w], file_types[w], graph.weights[w].shape.size()));
    }
    return forms;
}

weights::PackedMatrix packed_matrix(const WeightForm& form, std::span<const std::int64_t> shape) {
    if (form.transposed) return {form.type, shape[1], shape[0]};
    std::int64_t columns = 1;
    for (const std::int64_t size : shape.subspan(1)) columns *= size;
    return {form.type, shape[0], columns};
}

std::uint64_t device_bytes(const WeightForm& form, std::span<const std::int64_t> shape) {
    if (form.packed) return packed_matrix(form, shape).size_bytes();
    std::uint64_t bytes = size_bytes(form.type);
    for (const std::int64_t size : shape)
        if (size < 0 || __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(size), &bytes))
            throw Error(ErrorCode::limit, "a weight's size overflows 64 bits");
    return (bytes + 3) / 4 * 4;
}

std::int64_t stored_code(DType type) {
    switch (type) {
        case DType::f32:
            return 0;
        case DType::f16:
            return 1;
        case DType::bf16:
            return 2;
        case DType::q8_0:
            return 4;
        case DType::q4_0:
            return 5;
        case DType::q4_1:
            return 6;
        case DType::q5_0:
            return 7;
        case DType::q5_1:
            return 8;
        case DType::q4_k:
            return 9;
        case DType::q5_k:
            return 10;
        case DType::q6_k:
            return 11;
        default:
            return 3;
    }
}

}  // namespace hekla::plan
