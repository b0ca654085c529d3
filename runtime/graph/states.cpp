// SPDX-License-Identifier: MIT
#include "graph/checker.hpp"

namespace hekla::graph {

void Checker::declare_states(Scope& scope) {
    for (const StateDecl& decl : file_.state) {
        const auto group = [&](const std::string& path) {
            if (decl.is_single) return make_state(decl, decl.slots.front(), path, file_scope_);
            std::vector<Item::Field> fields;
            for (const Port& slot : decl.slots) {
                fields.emplace_back(slot.name, make_state(decl, slot, path + "." + slot.name, file_scope_));
            }
            return Item::of_record(std::move(fields));
        };
        Item item;
        if (decl.slots.empty()) continue;
        if (!decl.repeat) {
            item = group(decl.name);
        } else {
            const auto count = whole_number(*decl.repeat, file_scope_, "repeat");
            if (count && (*count < 0 || *count > options_.limits.max_repeat)) {
                report("HK3003",
                       "`repeat: " + std::to_string(*count) + "` is over the limit of " + std::to_string(options_.limits.max_repeat),
                       decl.repeat->place, file_scope_)
                    .help("raise it with --max-repeat if this is meant");
            } else if (count) {
                std::vector<Item> members;
                for (std::int64_t i = 0; i < *count; ++i) members.push_back(group(decl.name + "[" + std::to_string(i) + "]"));
                item = Item::of_list(std::move(members));
            }
        }
        scope.names[decl.name] = {Scope::Name::State::ready, std::move(item), nullptr, nullptr, decl.name_place};
    }
}

Item Checker::make_state(const StateDecl&, const Port& slot, const std::string& path, Scope& scope) {
    const auto type = tensor_type(slot.type, scope);
    if (!type) return {};
    State state;
    state.path = path;
    state.type = *type;
    // Exactly one size grows: the carried dim alone.
    for (std::size_t axis = 0; axis < type->shape.size(); ++axis) {
        for (std::uint32_t id = 0; id < graph_.symbols.size(); ++id) {
            if (!graph_.symbols[id].is_state || !type->shape[axis].uses(id)) continue;
            if (state.symbol != no_id || !(type->shape[axis] == Dim::symbol(id))) {
                report("HK2702", "state `" + path + "` must have one carried dim, alone, as one of its sizes",
                       slot.type.place, scope)
                    .help("write it like `float[B, n_head, P, d_head]`");
                return {};
            }
            state.symbol = id;
            state.axis = static_cast<std::uint32_t>(axis);
        }
    }
    const auto id = static_cast<std::uint32_t>(graph_.states.size());
    graph_.states.push_back(std::move(state));
    slot_writes_.push_back({});
    return Item::of_slot(id);
}

ValueId Checker::old_value(std::uint32_t slot) {
    State& state = graph_.states[slot];
    if (state.old_value == no_id) {
        Value value;
        value.path = state.path;
        value.type = state.type;
        value.kind = ValueKind::state;
        value.source = slot;
        state.old_value = add_value(std::move(value));
    }
    return state.old_value;
}

/// Notes that `call` writes the slot along `axis`; its result has the type of `result`.
bool Checker::written(std::uint32_t slot, ValueId result, std::int64_t axis, const Expr& call, Scope& scope) {
    State& state = graph_.states[slot];
    if (slot_writes_[slot].written) {
        report("HK2701", "state `" + state.path + "` is written twice in one run", call.place, scope)
            .also(slot_writes_[slot].place, "first written here");
        return false;
    }
    slot_writes_[slot] = {call.place, true};
    if (state.symbol == no_id) {
        report("HK2702", "state `" + state.path + "` has no carried dim to grow along", call.place, scope)
            .help("give one of its sizes a dim with `state:` and `next:`");
        return false;
    }
    const Symbol& symbol = graph_.symbols[state.symbol];
    if (axis != state.axis) {
        report("HK2703",
               "append to `" + state.path + "` along axis " + std::to_string(axis) + ", but `" + symbol.name +
                   "` is its axis " + std::to_string(state.axis),
               call.place, scope)
            .note("`" + state.path + "` is " + text(state.type));
        return false;
    }
    const Dim& grown = graph_.values[result].type.shape[state.axis];
    if (!(grown == symbol.next)) {
        report("HK2703",
               "append makes axis " + std::to_string(axis) + " of `" + state.path + "` " + text(grown) + " long, but `" +
                   symbol.name + "` becomes " + text(symbol.next),
               call.place, scope)
            .also(symbol.place, "`" + symbol.name + "` is declared here");
        return false;
    }
    state.new_value = result;
    return true;
}

}  // namespace hekla::graph
