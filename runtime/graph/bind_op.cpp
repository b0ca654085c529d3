// SPDX-License-Identifier: MIT
#include "graph/op_call.hpp"

#include <algorithm>

namespace hekla::graph {

const ops::Entry* Checker::find_op(std::string_view name) const {
    if (const auto own = custom_ops_.find(name); own != custom_ops_.end()) return own->second->entry.get();
    const ops::Entry* entry = catalogue_.find(name);
    return entry != nullptr && !entry->internal ? entry : nullptr;
}

/// What `defaults:` says for an attribute that a call leaves out.
Given Checker::default_setting(std::string_view op, const ops::AttributeSpec& attribute, Scope&) {
    Given given;
    const auto found = defaults_.find(op);
    if (found == defaults_.end()) return given;
    for (const Setting& setting : found->second->settings) {
        if (setting.name != attribute.name || !setting.value) continue;
        // Worked out once: it depends on nothing but params and dims.
        auto known = default_items_.find(&setting);
        if (known == default_items_.end()) {
            Scope words;
            words.parent = &file_scope_;
            words.words = attribute.kind == ops::AttributeKind::word;
            Naming* outer = naming_;
            naming_ = nullptr;
            known = default_items_.emplace(&setting, evaluate(*setting.value, words)).first;
            naming_ = outer;
        }
        given.item = known->second;
        given.place = setting.value->place;
        given.present = !given.item.is(Item::Kind::absent);
        return given;
    }
    return given;
}

Item Checker::call_op(const ops::Entry& entry, const Expr& call, Scope& scope, std::span<const Item> known) {
    OpCall op(*this, entry, call, scope);
    Given number;  // in place of one of two operands
    bool number_left = false;
    bool poisoned = false;
    std::size_t position = 0;
    for (const Expr::Argument& argument : call.arguments) {
        std::string name = argument.name;
        if (name.empty()) {
            if (position >= entry.call.size()) return {};  // told by the static pass
            name = entry.call[position++];
        }
        Given given;
        given.expr = argument.value.get();
        given.place = argument.value->place;
        given.item = known.empty() ? evaluate(*argument.value, scope) : known[static_cast<std::size_t>(&argument - call.arguments.data())];
        given.present = true;
        if (given.item.is(Item::Kind::poison)) poisoned = true;
        if (name == "w" && entry.has_weights) {
            if (given.item.is_tensor()) given.item = as_tensor(given.item);
            op.weights = std::move(given);
            continue;
        }
        if (const auto attribute = entry.find_attribute(name)) {
            // an absent value means: not given
            given.present = !given.item.is(Item::Kind::absent) || given.item.text == "none";
            op.attributes[*attribute] = std::move(given);
            continue;
        }
        const auto slot = entry.find_slot(name);
        if (!slot || *slot >= entry.input_count) return {};  // told by the static pass
        const ops::Slot& spec = entry.slots[*slot];
        if (given.item.is(Item::Kind::poison)) continue;
        const auto complain = [&](const Item& item, Place place) {
            if (item.is(Item::Kind::absent)) {
                report("HK2205",
                       "`" + name + "` of `" + entry.name + "` must be given, but this value is there only if " + item.text,
                       place, scope);
            } else {
                report("HK2101", "`" + name + "` of `" + entry.name + "` must be " + (spec.list ? "a list of tensors" : "a tensor") +
                                     ", got " + describe(item, symbols_),
                       place, scope);
            }
            poisoned = true;
        };
        if (spec.list) {
            if (!given.item.is(Item::Kind::list)) {
                complain(given.item, given.place);
                continue;
            }
            for (std::size_t i = 0; i < given.item.members->size(); ++i) {
                const Item& member = (*given.item.members)[i];
                const bool literal = given.expr->kind == Expr::Kind::list && i < given.expr->children.size();
                Given part;
                part.expr = literal ? given.expr->children[i].get() : nullptr;
                part.place = literal ? part.expr->place : given.place;
                part.present = true;
                if (member.is(Item::Kind::poison)) {
                    poisoned = true;
                } else if (!member.is_tensor()) {
                    complain(member, part.place);
                } else {
                    part.item = as_tensor(member);
                    op.list.push_back(std::move(part));
                }
            }
            op.slots[*slot].present = true;
            continue;
        }
        if (given.item.is(Item::Kind::absent) && spec.optional) continue;
        if (entry.rule == "broadcast" && given.item.is_number() && !number.present) {
            number = std::move(given);
            number_left = *slot == 0;
            continue;
        }
        if (!given.item.is_tensor()) {
            complain(given.item, given.place);
            continue;
        }
        if (entry.rule == "append" && *slot == 0 && given.item.is(Item::Kind::slot)) op.state = given.item.id;
        given.item = as_tensor(given.item);
        op.slots[*slot] = std::move(given);
    }
    if (number.present) {
        if (number_left) std::swap(op.slots[0], op.slots[1]);
        if (!set_number(op, number.item, number_left, number.place, scope)) return {};
    } else if (entry.rule == "broadcast" && !op.slots[1].present && !poisoned) {
        report("HK2303", "`" + entry.name + "` takes two inputs (" + entry.call[0] + ", " + entry.call[1] + "), got 1", call.place, scope);
        return {};
    }
    for (std::size_t i = 0; i < entry.attributes.size(); ++i) {
        if (op.attributes[i].present) continue;
        op.attributes[i] = default_setting(entry.name, entry.attributes[i], scope);
        if (op.attributes[i].present && op.attributes[i].item.is(Item::Kind::poison)) poisoned = true;
    }
    for (std::size_t i = 0; i < entry.input_count; ++i) {
        if (!op.slots[i].present && !entry.slots[i].optional) return {};  // told by the static pass
    }
    if (poisoned || !work(scope, call.place)) return {};
    return op.run();
}

/// A number in place of one of two operands becomes the attribute `number`; `swap`: of the left one.
bool Checker::set_number(OpCall& op, const Item& number, bool swap, Place place, Scope& scope) {
    if (number.is(Item::Kind::integer) && !number.is_constant()) {
        report("HK2203", "a number beside a tensor must be known when the file is loaded, got `" + value_text(number, symbols_) + "`",
               place, scope);
        return false;
    }
    const auto set = [&](std::string_view attribute, Item item) {
        const auto index = op.entry().find_attribute(attribute);
        if (!index) return false;
        op.attributes[*index].item = std::move(item);
        op.attributes[*index].present = true;
        return true;
    };
    if (set("number", number) && set("swap", Item::of_bool(swap))) return true;
    report("HK2601", "the entry of `" + op.entry().name + "` takes no number", place, scope);
    return false;
}

/// `a + b` and the like where one side is a tensor; `neg` has no right side. A number becomes the attribute `number`.
Item Checker::operate(std::string_view name, const Expr& expr, Item left, Item right, Scope& scope) {
    const ops::Entry* entry = find_op(name);
    if (entry == nullptr) {
        report("HK2302", "the op catalogue has no `" + std::string(name) + "`, which `" + expr.text + "` stands for", expr.place, scope);
        return {};
    }
    OpCall op(*this, *entry, expr, scope);
    const bool unary = name == "neg";
    const bool number_left = !unary && !left.is_tensor();
    const bool number_right = !unary && !right.is_tensor();
    for (const Item* side : {&left, &right}) {
        if ((unary && side == &right) || side->is_tensor() || side->is_number()) continue;
        if (side->is(Item::Kind::absent)) {
            report("HK2205", "this value is there only if " + side->text, expr.children[side == &left ? 0 : 1]->place, scope);
        } else {
            report("HK2101", "`" + expr.text + "` needs tensors or numbers, got " + describe(*side, symbols_),
                   expr.children[side == &left ? 0 : 1]->place, scope);
        }
        return {};
    }
    const auto tensor = [&](std::size_t slot, Item& item, const Expr* operand) {
        op.slots[slot].expr = operand;
        op.slots[slot].item = as_tensor(item);
        op.slots[slot].place = operand->place;
        op.slots[slot].present = true;
    };
    tensor(0, number_left ? right : left, expr.children[number_left ? 1 : 0].get());
    if (!unary && !number_left && !number_right) tensor(1, right, expr.children[1].get());
    if (number_left || number_right) {
        const Expr& operand = *expr.children[number_left ? 0 : 1];
        if (!set_number(op, number_left ? left : right, number_left, operand.place, scope)) return {};
    }
    if (!work(scope, expr.place)) return {};
    return op.run();
}

}  // namespace hekla::graph
