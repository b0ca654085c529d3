// SPDX-License-Identifier: MIT
#include "plan/draft.hpp"

#include <algorithm>

namespace hekla::plan {
namespace {

using graph::Attribute;
using graph::Expr;
using graph::ValueKind;

/// On the device float is f32 and indices are 32 bits wide.
DType device_type(DType type) {
    if (is_floating(type)) return DType::f32;
    if (type == DType::boolean || type == DType::u32) return type;
    return DType::i32;
}

/// The largest value a carried dim may have before a run, so that `next` stays within the capacity; below 0: not even the first run fits.
std::int64_t largest_before(const graph::Symbol& symbol, std::size_t index,
                            std::vector<std::int64_t> values) {
    const std::int64_t capacity = values[index];
    const auto next_at = [&](std::int64_t value) {
        values[index] = value;
        return symbol.next.evaluate(values);
    };
    if (next_at(symbol.start) > capacity) return -1;
    std::int64_t low = symbol.start, high = capacity;
    while (low < high) {
        const std::int64_t middle = low + (high - low + 1) / 2;
        if (next_at(middle) <= capacity)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

ValueId find_value(const Draft& draft, const std::string& name) {
    for (const auto& output : draft.graph.outputs)
        if (output.name == name) return output.value;
    for (ValueId id = 0; id < draft.values.size(); ++id)
        if (draft.values[id].path == name) return id;
    throw Error(ErrorCode::not_found, "the graph has no output and no value called `" + name +
                                          "`; `hekla show` lists the paths");
}

/// Whether anything of the entry has the dim in its sizes: another entry of the file may be what needs it.
bool is_used(const graph::Graph& graph, std::uint32_t symbol) {
    return std::any_of(graph.values.begin(), graph.values.end(), [&](const graph::Value& value) {
        return std::any_of(value.type.shape.begin(), value.type.shape.end(),
                           [&](const Dim& size) { return size.uses(symbol); });
    });
}

void check_symbols(const Draft& draft) {
    const auto& symbols = draft.graph.symbols;
    for (std::size_t i = 0; i < symbols.size(); ++i) {
        const graph::Symbol& symbol = symbols[i];
        const std::int64_t value = draft.options.symbols[i];
        const std::string is = "`" + symbol.name + "` is " + std::to_string(value);
        if (value == 0 && !is_used(draft.graph, static_cast<std::uint32_t>(i))) continue;
        if (value < (symbol.is_state ? 0 : 1))
            throw Error(ErrorCode::invalid_argument, is + "; it must be at least 1");
        if (symbol.max > 0 && value > symbol.max)
            throw Error(ErrorCode::limit, is + ", above its max of " + std::to_string(symbol.max));
        if (symbol.multiple > 1 && value % symbol.multiple != 0)
            throw Error(ErrorCode::invalid_argument,
                        is + "; the graph needs a multiple of " + std::to_string(symbol.multiple));
    }
}

/// Keeps the nodes that the roots need, in their order.
void prune(Draft& draft, const std::vector<ValueId>& roots) {
    std::vector<bool> needed(draft.values.size(), false);
    for (const ValueId root : roots) needed[root] = true;
    std::vector<DraftNode> kept;
    for (std::size_t i = draft.nodes.size(); i-- > 0;) {
        DraftNode& node = draft.nodes[i];
        if (std::none_of(node.outputs.begin(), node.outputs.end(),
                         [&](ValueId v) { return needed[v]; }))
            continue;
        for (const ValueId v : node.inputs)
            if (v != no_id) needed[v] = true;
        kept.push_back(std::move(node));
    }
    std::reverse(kept.begin(), kept.end());
    draft.nodes = std::move(kept);
}

/// Binds ?C and *N of a declared type to the sizes of an actual tensor; sizes that are expressions were checked with the graph.
void bind_sizes(Scope& scope, const graph::TypeExpr& type, const Dims& sizes) {
    const auto rest = std::find_if(type.sizes.begin(), type.sizes.end(),
                                   [](const auto& e) { return e->kind == Expr::Kind::rest; });
    const std::size_t before = static_cast<std::size_t>(rest - type.sizes.begin());
    const bool has_rest = rest != type.sizes.end();
    const std::size_t after = has_rest ? type.sizes.size() - before - 1 : 0;
    const auto bind = [&](const Expr& e, const Dim& size) {
        if (e.kind == Expr::Kind::bind && !scope.find(e.text)) scope.set(e.text, size);
    };
    for (std::size_t i = 0; i < before && i < sizes.size(); ++i) bind(*type.sizes[i], sizes[i]);
    if (!has_rest) return;
    if (sizes.size() < before + after)
        throw Error(ErrorCode::internal, "a tensor has fewer axes than its op's entry says");
    const auto first = sizes.begin() + static_cast<std::ptrdiff_t>(before);
    const auto last = sizes.end() - static_cast<std::ptrdiff_t>(after);
    if (!scope.find((*rest)->text)) scope.set((*rest)->text, Dims(first, last));
    for (std::size_t i = 0; i < after; ++i)
        bind(*type.sizes[before + 1 + i], last[static_cast<std::ptrdiff_t>(i)]);
}

}  // namespace

std::vector<std::vector<std::uint32_t>> Draft::consumers() const {
    std::vector<std::vector<std::uint32_t>> out(values.size());
    for (std::uint32_t n = 0; n < nodes.size(); ++n)
        for (const ValueId v : nodes[n].inputs)
            if (v != no_id) out[v].push_back(n);
    return out;
}

const Attribute& Draft::attribute(const DraftNode& node, std::string_view name) const {
    const auto at = node.op->find_attribute(name);
    if (!at) fail(ErrorCode::internal, node, "the op has no attribute `" + std::string(name) + "`");
    return node.attributes[*at];
}

ValueId Draft::input(const DraftNode& node, std::string_view name) const {
    const auto at = node.op->find_slot(name);
    return at && *at < node.inputs.size() ? node.inputs[*at] : no_id;
}

void fail(ErrorCode code, const DraftNode& node, const std::string& what) {
    throw Error(code, "`" + node.path + "` (" + node.op->name + "): " + what);
}

Draft make_draft(const graph::Graph& graph, const ops::Catalogue& catalogue,
                 const DeviceTraits& device, const PlanOptions& options) {
    Draft draft{graph, catalogue, device, options, {}, {}, {}, {}};
    if (options.symbols.size() != graph.symbols.size())
        throw Error(ErrorCode::internal,
                    "the plan was given " + std::to_string(options.symbols.size()) + " sizes for " +
                        std::to_string(graph.symbols.size()) + " dims");
    check_symbols(draft);

    std::vector<bool> known(graph.symbols.size());
    draft.largest = options.symbols;
    for (std::size_t i = 0; i < known.size(); ++i) {
        const graph::Symbol& symbol = graph.symbols[i];
        known[i] = !symbol.is_state;
        if (!symbol.is_state) continue;
        const std::int64_t largest = largest_before(symbol, i, options.symbols);
        if (largest < symbol.start)
            throw Error(ErrorCode::limit,
                        "this run takes `" + symbol.name + "` past its capacity of " +
                            std::to_string(options.symbols[i]) +
                            " at once; give the context more, or run in smaller pieces");
        draft.largest[i] = largest;
    }
    const auto fill = [&](const Dim& d) { return d.substitute(options.symbols, known); };

    draft.values.reserve(graph.values.size());
    for (const graph::Value& value : graph.values) {
        DraftValue v{value.path, device_type(value.type.dtype), {}, value.kind, value.source,
                     false};
        for (const Dim& size : value.type.shape) v.sizes.push_back(fill(size));
        draft.values.push_back(std::move(v));
    }
    draft.nodes.reserve(graph.nodes.size());
    for (const graph::Node& node : graph.nodes) {
        DraftNode n{node.op, node.path, node.inputs, node.attributes, node.outputs};
        n.inputs.resize(std::max(n.inputs.size(), node.op->slots.size()), no_id);
        for (Attribute& attribute : n.attributes) {
            if (auto* d = std::get_if<Dim>(&attribute)) *d = fill(*d);
            if (auto* list = std::get_if<Dims>(&attribute))
                for (Dim& d : *list) d = fill(d);
        }
        draft.nodes.push_back(std::move(n));
    }

    std::vector<ValueId> roots;
    const auto want = [&](const std::string& name, ValueId value) {
        draft.outputs.emplace_back(name, value);
        draft.values[value].wanted = true;
        roots.push_back(value);
    };
    if (options.outputs.empty())
        for (const graph::Output& output : graph.outputs) want(output.name, output.value);
    else
        for (const std::string& name : options.outputs) want(name, find_value(draft, name));
    for (const graph::State& state : graph.states)
        if (state.new_value != no_id) roots.push_back(state.new_value);
    prune(draft, roots);
    return draft;
}

void set_attributes(Scope& scope, const ops::Entry& op, const std::vector<Attribute>& attributes) {
    for (std::size_t i = 0; i < op.attributes.size(); ++i) {
        const ops::AttributeSpec& spec = op.attributes[i];
        const Attribute& value = attributes.at(i);
        if (const auto* d = std::get_if<Dim>(&value)) {
            scope.set(spec.name, *d);
        } else if (const auto* r = std::get_if<double>(&value)) {
            scope.set(spec.name, *r);
        } else if (const auto* b = std::get_if<bool>(&value)) {
            scope.set(spec.name, Dim(*b ? 1 : 0));
        } else if (const auto* list = std::get_if<Dims>(&value)) {
            scope.set(spec.name, *list);
        } else if (const auto* word = std::get_if<std::string>(&value)) {
            scope.set(spec.name, *word);
            const auto at = std::find(spec.choices.begin(), spec.choices.end(), *word);
            if (at != spec.choices.end()) scope.set_word(spec.name, at - spec.choices.begin());
        }
    }
}

Scope make_scope(const Draft& draft, const DraftNode& node) {
    const ops::Entry& op = *node.op;
    Scope scope;
    set_attributes(scope, op, node.attributes);
    for (std::size_t i = 0; i < op.slots.size(); ++i) {
        const ops::Slot& slot = op.slots[i];
        const ValueId v = i < node.inputs.size() ? node.inputs[i] : no_id;
        scope.set_present(slot.name, v != no_id);
        if (v == no_id) {
            scope.set_form(slot.name, {});
            continue;
        }
        bind_sizes(scope, slot.type, draft.values[v].sizes);
        scope.set_shape(slot.name, draft.values[v].sizes);
        scope.set_form(slot.name, draft.form(v));
    }
    for (std::size_t i = 0; i < op.outputs.size() && i < node.outputs.size(); ++i)
        scope.set_shape(op.outputs[i].name, draft.values[node.outputs[i]].sizes);
    return scope;
}

WeightForm Draft::form(ValueId value) const {
    const DraftValue& v = values[value];
    if (v.kind == graph::ValueKind::weight && v.source < options.weight_forms.size())
        return options.weight_forms[v.source];
    return {v.dtype};
}

std::vector<std::int64_t> state_shape(const graph::State& state,
                                      const std::vector<std::int64_t>& symbols) {
    std::vector<std::int64_t> shape;
    for (const Dim& size : state.type.shape) shape.push_back(size.evaluate(symbols));
    return shape;
}

}  // namespace hekla::plan
