// SPDX-License-Identifier: MIT
#include "graph/op_call.hpp"

#include "base/did_you_mean.hpp"
#include "graph/parse.hpp"

#include <algorithm>

namespace hekla::graph {

namespace {

bool mentions(const Expr& expr, std::string_view name) {
    if (expr.kind == Expr::Kind::name && expr.text == name) return true;
    for (const ExprPtr& child : expr.children) {
        if (child && mentions(*child, name)) return true;
    }
    return std::any_of(expr.arguments.begin(), expr.arguments.end(),
                       [&](const Expr::Argument& argument) { return mentions(*argument.value, name); });
}

/// One number given where a list of fixed length is wanted stands for all its members.
Item spread(const ops::AttributeSpec& spec, const Item& item) {
    if (spec.length == 0 || !item.is(Item::Kind::integer)) return item;
    return Item::of_list(std::vector<Item>(spec.length, item));
}

}  // namespace

OpCall::OpCall(Checker& checker, const ops::Entry& entry, const Expr& call, Scope& scope)
    : slots(entry.input_count),
      attributes(entry.attributes.size()),
      checker_(checker),
      entry_(entry),
      call_(call),
      scope_(scope),
      values_(entry.attributes.size()),
      items_(entry.attributes.size()),
      states_(entry.attributes.size(), State::unknown),
      weight_values_(entry.slots.size() - entry.input_count, no_id) {}

const Symbols& OpCall::symbols() const { return checker_.symbols_; }

bool OpCall::has_slot(std::size_t slot) const { return slots[slot].present; }

const TensorType& OpCall::slot_type(std::size_t slot) const { return checker_.type_of(slots[slot].item); }

std::string OpCall::type_of_slot_text(std::size_t slot) const { return checker_.text(slot_type(slot)); }

void OpCall::fail(std::string_view code, std::string message, std::string help, std::string label) {
    Diagnostic& diagnostic = checker_.report(code, std::move(message), call_.place, scope_, std::move(label));
    if (!help.empty()) diagnostic.help(std::move(help));
    for (const Given& given : slots) {
        if (given.present) checker_.show_operand(diagnostic, given.expr, scope_, given.item);
    }
    throw Failed{};
}

void OpCall::bind_rest(const std::string& name, std::vector<Dim> sizes) { rests_[name] = std::move(sizes); }
void OpCall::bind_size(const std::string& name, Dim size) { sizes_[name] = std::move(size); }

Attribute& OpCall::attribute(std::string_view name) {
    const auto index = entry_.find_attribute(name);
    if (!index) throw Complaint{"HK2601", "the entry of `" + entry_.name + "` lacks the setting `" + std::string(name) + "`", ""};
    attribute_item(*index);
    return values_[*index];
}

const std::vector<Dim>& OpCall::integers(std::string_view name) {
    const auto* numbers = std::get_if<std::vector<Dim>>(&attribute(name));
    if (numbers == nullptr) throw Complaint{"HK2105", entry_.name + ": `" + std::string(name) + "` needs a list of numbers", ""};
    return *numbers;
}

std::int64_t OpCall::integer(std::string_view name) {
    const auto* dim = std::get_if<Dim>(&attribute(name));
    if (dim == nullptr || !dim->is_constant()) {
        fail("HK2105", entry_.name + ": `" + std::string(name) + "` must be known when the file is loaded");
    }
    return dim->constant();
}

std::size_t OpCall::axis(std::string_view name, std::size_t rank) {
    const std::int64_t given = integer(name);
    const auto count = static_cast<std::int64_t>(rank);
    if (given >= count || given < -count) {
        fail("HK2114", entry_.name + ": axis " + std::to_string(given) + " is out of range; there are " +
                           std::to_string(rank) + (rank == 1 ? " axis" : " axes"));
    }
    const std::int64_t result = given < 0 ? given + count : given;
    attribute(name) = Dim(result);
    return static_cast<std::size_t>(result);
}

// --- attributes

Attribute OpCall::convert(const ops::AttributeSpec& spec, const Given& given) {
    const Item& item = given.item;
    const auto wrong = [&](std::string_view wanted) {
        const Place place = given.place ? given.place : call_.place;
        checker_.report("HK2105",
                        entry_.name + ": `" + spec.name + "` needs " + std::string(wanted) + ", got " +
                            describe(item, symbols()),
                        place, scope_);
        throw Failed{};
    };
    switch (spec.kind) {
        case ops::AttributeKind::integer:
            if (!item.is(Item::Kind::integer)) wrong("a whole number");
            return item.dim;
        case ops::AttributeKind::number:
            if (item.is(Item::Kind::real)) return item.real;
            if (!item.is_constant()) {
                wrong(item.is(Item::Kind::integer) ? "a number known when the file is loaded" : "a number");
            }
            return static_cast<double>(item.dim.constant());
        case ops::AttributeKind::boolean:
            if (!item.is(Item::Kind::boolean)) wrong("true or false");
            return item.boolean;
        case ops::AttributeKind::word: {
            const bool known = std::find(spec.choices.begin(), spec.choices.end(), item.text) != spec.choices.end();
            if (!item.is(Item::Kind::string)) {
                // a word that the language reads as something else, such as `none`
                const std::string spelling = value_text(item, symbols());
                if (std::find(spec.choices.begin(), spec.choices.end(), spelling) != spec.choices.end()) return spelling;
                wrong("one of the words " + listed_or(spec.choices));
            }
            if (!known) {
                Diagnostic& diagnostic =
                    checker_.report("HK2112",
                                    entry_.name + ": " + spec.name + " must be " + listed_or(spec.choices) + ", got `" + item.text + "`",
                                    call_.place, scope_);
                diagnostic.help(did_you_mean_help(item.text, spec.choices));
                throw Failed{};
            }
            return item.text;
        }
        case ops::AttributeKind::integers: {
            std::vector<Dim> dims;
            if (item.is(Item::Kind::integer)) return std::vector<Dim>{item.dim};
            const std::string wanted =
                spec.length == 0 ? "a list of whole numbers" : "a whole number or a list of " + std::to_string(spec.length);
            if (!item.is(Item::Kind::list) || (spec.length != 0 && item.members->size() != spec.length)) wrong(wanted);
            for (const Item& member : *item.members) {
                if (member.is(Item::Kind::poison)) throw Failed{};
                if (!member.is(Item::Kind::integer)) wrong(spec.length == 0 ? wanted : "whole numbers");
                dims.push_back(member.dim);
            }
            return dims;
        }
        case ops::AttributeKind::dtype:
            if (!item.is(Item::Kind::string) || !find_dtype(item.text)) wrong("the name of an element type, like 'f32'");
            return item.text;
    }
    throw Failed{};
}

void OpCall::convert_attributes() {
    for (std::size_t i = 0; i < entry_.attributes.size(); ++i) {
        if (!attributes[i].present) continue;
        attributes[i].item = spread(entry_.attributes[i], attributes[i].item);
        values_[i] = convert(entry_.attributes[i], attributes[i]);
        items_[i] = attributes[i].item;
        states_[i] = State::ready;
    }
}

const Item& OpCall::attribute_item(std::size_t index) {
    if (states_[index] == State::ready) return items_[index];
    const ops::AttributeSpec& spec = entry_.attributes[index];
    if (states_[index] == State::active) {
        throw Complaint{"HK2601", "the default of `" + spec.name + "` of `" + entry_.name + "` depends on itself", ""};
    }
    states_[index] = State::active;
    Given given;
    if (spec.default_value) {
        given.item = spread(spec, value(*spec.default_value));
        // a bare word
    } else if (spec.kind == ops::AttributeKind::word && !spec.choices.empty()) {
        given.item = Item::of_string(spec.choices.front());
    } else {
        throw Failed{};  // told by the static pass
    }
    values_[index] = convert(spec, given);
    items_[index] = std::move(given.item);
    states_[index] = State::ready;
    return items_[index];
}

void OpCall::fill_defaults() {
    for (std::size_t i = 0; i < entry_.attributes.size(); ++i) attribute_item(i);
}

// --- the entry's expressions

Item OpCall::name_value(const Expr& expr) {
    if (const auto size = sizes_.find(expr.text); size != sizes_.end()) return Item::of(size->second);
    if (const auto attribute = entry_.find_attribute(expr.text)) {
        const auto& spec = entry_.attributes[*attribute];
        const Item& item = attribute_item(*attribute);
        return spec.kind == ops::AttributeKind::word ? Item::of_string(value_text(item, symbols())) : item;
    }
    // words of a choice stand bare in defaults
    for (const ops::AttributeSpec& spec : entry_.attributes) {
        if (std::find(spec.choices.begin(), spec.choices.end(), expr.text) != spec.choices.end()) return Item::of_string(expr.text);
    }
    throw Complaint{"HK2601", "the entry of `" + entry_.name + "` uses `" + expr.text + "`, which is not known there", ""};
}

Item OpCall::call_value(const Expr& expr) {
    const Expr* argument = expr.arguments.empty() ? nullptr : expr.arguments.front().value.get();
    if (expr.text == "prod" && argument != nullptr) {
        Dim product = 1;
        if (const auto rest = rests_.find(argument->text); rest != rests_.end()) {
            for (const Dim& dim : rest->second) product = product * dim;
            return Item::of(product);
        }
    }
    if (expr.text == "len" && argument != nullptr && argument->kind == Expr::Kind::name) {
        if (const auto rest = rests_.find(argument->text); rest != rests_.end()) {
            return Item::of(Dim(static_cast<std::int64_t>(rest->second.size())));
        }
    }
    if (expr.text == "has" && argument != nullptr) {
        if (const auto slot = entry_.find_slot(argument->text)) {
            return Item::of_bool(*slot < entry_.input_count ? slots[*slot].present
                                                            : weight_values_[*slot - entry_.input_count] != no_id);
        }
    }
    if (is_plain_function(expr.text)) {
        std::vector<Item> items;
        for (const Expr::Argument& given : expr.arguments) items.push_back(value(*given.value));
        return apply_function(expr.text, items, symbols());
    }
    throw Complaint{"HK2601", "the entry of `" + entry_.name + "` calls `" + to_text(expr) + "`, which is not known there", ""};
}

Item OpCall::value(const Expr& expr) {
    switch (expr.kind) {
        case Expr::Kind::integer: return Item::of(Dim(expr.integer));
        case Expr::Kind::real: return Item::of_real(expr.real);
        case Expr::Kind::boolean: return Item::of_bool(expr.integer != 0);
        case Expr::Kind::string: return Item::of_string(expr.text);
        case Expr::Kind::none: return Item::absent("none");
        case Expr::Kind::name:
        case Expr::Kind::bind: return name_value(expr);
        case Expr::Kind::call: return call_value(expr);
        case Expr::Kind::list: {
            std::vector<Item> members;
            for (const ExprPtr& child : expr.children) members.push_back(value(*child));
            return Item::of_list(std::move(members));
        }
        case Expr::Kind::index: {
            const Item base = value(*expr.children[0]);
            const Item index = value(*expr.children[1]);
            if (!base.is(Item::Kind::list) || !index.is_constant()) break;
            const std::int64_t i = index.dim.constant();
            if (i < 0 || i >= static_cast<std::int64_t>(base.members->size())) break;
            return (*base.members)[static_cast<std::size_t>(i)];
        }
        case Expr::Kind::unary: return apply_unary(expr.text, value(*expr.children[0]), symbols());
        case Expr::Kind::binary: {
            const Item left = value(*expr.children[0]);
            if (expr.text == "and" || expr.text == "or") {
                const bool result = truth(left, symbols());
                return result == (expr.text == "or") ? left : value(*expr.children[1]);
            }
            return apply_binary(expr.text, left, value(*expr.children[1]), symbols());
        }
        case Expr::Kind::conditional:
            if (truth(value(*expr.children[1]), symbols())) return value(*expr.children[0]);
            if (expr.children.size() > 2) return value(*expr.children[2]);
            return Item::absent("none");
        default: break;
    }
    throw Complaint{"HK2601", "the entry of `" + entry_.name + "` says `" + to_text(expr) + "`, which has no value", ""};
}

Dim OpCall::size(const Expr& expr) {
    const Item item = value(expr);
    if (!item.is(Item::Kind::integer)) {
        throw Complaint{"HK2601", "a size of `" + entry_.name + "` is " + describe(item, symbols()), ""};
    }
    return item.dim;
}

std::vector<Dim> OpCall::sizes_of(const TypeExpr& type) {
    std::vector<Dim> shape;
    for (const ExprPtr& expr : type.sizes) {
        if (expr->kind == Expr::Kind::rest) {
            const auto rest = rests_.find(expr->text);
            if (rest == rests_.end()) {
                throw Complaint{"HK2601", "the entry of `" + entry_.name + "` does not say what `*" + expr->text + "` is", ""};
            }
            shape.insert(shape.end(), rest->second.begin(), rest->second.end());
        } else {
            shape.push_back(size(*expr));
        }
    }
    return shape;
}

// --- tensors

void OpCall::match_slots() {
    const bool operands = entry_.rule == "broadcast";  // says its own piece about types
    for (std::size_t i = 0; i < entry_.input_count; ++i) {
        const ops::Slot& slot = entry_.slots[i];
        if (slot.list) {
            for (const Given& given : list) match_tensor(slot, given, true);
        } else if (slots[i].present) {
            match_tensor(slot, slots[i], !operands);
        }
    }
}

void OpCall::match_tensor(const ops::Slot& slot, const Given& given, bool check_type) {
    const TensorType& type = checker_.type_of(given.item);
    const std::string& wanted = slot.type.name;
    if (check_type && wanted != "any") {
        const auto other = entry_.find_slot(wanted);
        std::optional<DType> dtype = find_dtype(wanted);
        if (!dtype && other && *other < slots.size() && slots[*other].present) dtype = slot_type(*other).dtype;
        const bool fits = !dtype || (*dtype == DType::floating ? is_floating(type.dtype) : type.dtype == *dtype);
        if (!fits) {
            const std::string name(name_of(*dtype));
            Diagnostic& diagnostic = checker_.report(
                "HK2102", slot.name + " must be " + name + ", got " + checker_.text(type), call_.place, scope_);
            diagnostic.help("insert `cast(…, \"" + name + "\")`");
            checker_.show_operand(diagnostic, given.expr, scope_, given.item);
            throw Failed{};
        }
        if (dtype == DType::floating) {
            if (first_float_ == nullptr) {
                first_float_ = &given;
                common_ = type.dtype;
            } else if (common_ != type.dtype) {
                fail("HK2102", "`" + entry_.name + "` of " + std::string(name_of(common_)) + " and " + std::string(name_of(type.dtype)),
                     "convert one side: `cast(…, \"" + std::string(name_of(common_)) + "\")`");
            }
        }
    }
    if (!slot.list) match_sizes(slot, given, type.shape);  // members of a list are the rule's business
}

void OpCall::match_sizes(const ops::Slot& slot, const Given& given, const std::vector<Dim>& shape) {
    const auto& pattern = slot.type.sizes;
    const auto rest_at = std::find_if(pattern.begin(), pattern.end(), [](const ExprPtr& e) { return e->kind == Expr::Kind::rest; });
    const std::size_t fixed = pattern.size() - (rest_at == pattern.end() ? 0 : 1);
    const auto type = [&] { return checker_.text(checker_.type_of(given.item)); };
    if (shape.size() < fixed || (rest_at == pattern.end() && shape.size() != fixed)) {
        fail("HK2103", "`" + slot.name + "` of `" + entry_.name + "` must have " + (rest_at == pattern.end() ? "" : "at least ") +
                           std::to_string(fixed) + (fixed == 1 ? " dimension" : " dimensions") + ", got " + type());
    }
    std::size_t axis = 0;
    for (const ExprPtr& expr : pattern) {
        if (expr->kind == Expr::Kind::rest) {
            const std::size_t count = shape.size() - fixed;
            std::vector<Dim> sizes(shape.begin() + static_cast<std::ptrdiff_t>(axis),
                                   shape.begin() + static_cast<std::ptrdiff_t>(axis + count));
            const auto known = rests_.find(expr->text);
            if (known == rests_.end()) {
                rests_[expr->text] = std::move(sizes);
            } else if (!(known->second == sizes)) {
                fail("HK2104", "the leading sizes of `" + slot.name + "` of `" + entry_.name + "` are " +
                                   shape_text(sizes, symbols()) + ", needed are " + shape_text(known->second, symbols()));
            }
            axis += count;
            continue;
        }
        const Dim& actual = shape[axis];
        if (expr->kind == Expr::Kind::bind) {
            sizes_[expr->text] = actual;
        } else {
            const Dim expected = size(*expr);
            if (!(expected == actual)) {
                fail("HK2104", "`" + slot.name + "` of `" + entry_.name + "` has the wrong shape in dimension " + std::to_string(axis) +
                                   ": expected " + checker_.explained(expected) + ", got " + checker_.explained(actual),
                     "", type());
            }
        }
        ++axis;
    }
}

void OpCall::match_broadcasts() {
    for (std::size_t i = 0; i < entry_.input_count; ++i) {
        const ops::Slot& slot = entry_.slots[i];
        if (slot.broadcast.empty() || !slots[i].present || slot.list) continue;
        std::vector<Dim> wanted;
        for (const ExprPtr& expr : slot.broadcast) wanted.push_back(size(*expr));
        const std::vector<Dim>& shape = slot_type(i).shape;
        bool fits = shape.size() <= wanted.size();
        for (std::size_t k = 0; fits && k < shape.size(); ++k) {
            const Dim& size = shape[shape.size() - 1 - k];
            fits = size == Dim(1) || size == wanted[wanted.size() - 1 - k];
        }
        if (!fits) {
            fail("HK2104", "`" + slot.name + "` of `" + entry_.name + "` is " + type_of_slot_text(i) +
                               ", which does not broadcast to " + shape_text(wanted, symbols()));
        }
    }
}

bool OpCall::slot_binds(const ops::Slot& slot, const Expr& condition) const {
    return std::any_of(slot.type.sizes.begin(), slot.type.sizes.end(), [&](const ExprPtr& expr) {
        return expr->kind == Expr::Kind::bind && mentions(condition, expr->text);
    });
}

std::string OpCall::fill_message(const std::string& message) {
    std::string result;
    for (std::size_t i = 0; i < message.size();) {
        const std::size_t close = message[i] == '{' ? message.find('}', i) : std::string::npos;
        if (close == std::string::npos) {
            result += message[i++];
            continue;
        }
        const std::string inner = message.substr(i + 1, close - i - 1);
        Diagnostics unused;
        const ExprPtr expr = parse_expression(entry_.name, inner, unused);
        result += expr ? value_text(value(*expr), symbols()) : inner;
        i = close + 1;
    }
    return result;
}

void OpCall::check_requirements() {
    for (const ops::Requirement& requirement : entry_.require) {
        bool holds = true;
        try {
            holds = truth(value(*requirement.condition), symbols());
        } catch (const Complaint& complaint) {
            // Depends on a size that only a run knows: cannot be told here.
            if (complaint.code != "HK2203") throw;
        }
        if (holds) continue;
        Diagnostic& diagnostic = checker_.report("HK2110", fill_message(requirement.message), call_.place, scope_);
        for (std::size_t i = 0; i < entry_.input_count; ++i) {
            if (!slots[i].present || !slot_binds(entry_.slots[i], *requirement.condition)) continue;
            diagnostic.note(entry_.slots[i].name + " is " + type_of_slot_text(i));
        }
        throw Failed{};
    }
}

void OpCall::find_weights() {
    if (!entry_.has_weights) return;
    const bool none = !weights.present || weights.item.is(Item::Kind::absent);
    if (none) {
        if (!entry_.weights_optional) fail("HK2303", "`" + entry_.name + "` needs weights");
        return;
    }
    if (!weights.item.is(Item::Kind::weights) && !weights.item.is_tensor()) {
        fail("HK2101", "`" + entry_.name + "` needs weights, got " + describe(weights.item, symbols()));
    }
    bool failed = false;
    for (std::size_t i = entry_.input_count; i < entry_.slots.size(); ++i) {
        const ops::Slot& slot = entry_.slots[i];
        if (slot.when && !truth(value(*slot.when), symbols())) continue;
        TensorType type{find_dtype(slot.type.name).value_or(DType::floating), sizes_of(slot.type)};
        if (weights.item.is(Item::Kind::weights)) {
            const std::string path = weights.item.text.empty() ? slot.name : weights.item.text + "." + slot.name;
            const ValueId id = checker_.weight_value(path, std::move(type), &entry_, &attributes_for_advice(), call_, scope_);
            failed = failed || id == no_id;
            weight_values_[i - entry_.input_count] = id;
            continue;
        }
        // A computed tensor stands for `….weight` alone.
        if (slot.name != "weight") {
            fail("HK2409", "`" + entry_.name + "` with a computed weight has no `" + slot.name + "`",
                 slot.when ? "set `" + to_text(*slot.when) + "=false`" : "");
        }
        const TensorType& actual = checker_.type_of(weights.item);
        if (!(actual.shape == type.shape) || is_floating(actual.dtype) != is_floating(type.dtype)) {
            fail("HK2104", "the weight of `" + entry_.name + "` must be " + checker_.text(type) + ", got " + checker_.text(actual));
        }
        weight_values_[i - entry_.input_count] = weights.item.id;
    }
    if (failed) throw Failed{};
}

const std::vector<Given>& OpCall::attributes_for_advice() {
    for (std::size_t i = 0; i < attributes.size(); ++i) attributes[i].item = items_[i];
    return attributes;
}

// --- results

DType OpCall::result_dtype(const TypeExpr& type) {
    if (const auto dtype = find_dtype(type.name)) {
        return *dtype == DType::floating && first_float_ != nullptr ? common_ : *dtype;
    }
    if (const auto slot = entry_.find_slot(type.name); slot && *slot < entry_.input_count) {
        if (entry_.slots[*slot].list && !list.empty()) return checker_.type_of(list.front().item).dtype;
        if (slots[*slot].present) return slot_type(*slot).dtype;
    }
    if (const auto attribute = entry_.find_attribute(type.name)) {
        if (const auto dtype = find_dtype(attribute_item(*attribute).text)) return *dtype;
    }
    throw Complaint{"HK2601", "the entry of `" + entry_.name + "` names an unknown type, `" + type.name + "`", ""};
}

std::vector<TensorType> OpCall::results() {
    std::vector<TensorType> types;
    for (std::size_t i = 0; i < entry_.outputs.size(); ++i) {
        const TypeExpr& spec = entry_.outputs[i].type;
        TensorType type{result_dtype(spec), sizes_of(spec)};
        for (const Dim& dim : type.shape) {
            if (dim.is_constant() && dim.constant() < 0) {
                fail("HK2107", "the result of `" + entry_.name + "` would have the size " + checker_.text(dim));
            }
        }
        const std::size_t count = i + 1 == entry_.outputs.size() ? result_count : 1;
        types.insert(types.end(), count, type);
    }
    return types;
}

Item OpCall::run() {
    try {
        convert_attributes();
        match_slots();
        fill_defaults();
        match_broadcasts();
        check_requirements();
        find_weights();
        if (!entry_.rule.empty() && !run_shape_rule(entry_.rule, *this)) {
            throw Complaint{"HK2601", "the entry of `" + entry_.name + "` names an unknown rule, `" + entry_.rule + "`", ""};
        }
        std::vector<TensorType> types = results();

        Node node;
        node.op = &entry_;
        node.place = call_.place;
        node.attributes = values_;
        for (std::size_t i = 0; i < entry_.input_count; ++i) {
            if (entry_.slots[i].list) {
                for (const Given& given : list) node.inputs.push_back(given.item.id);
            } else {
                node.inputs.push_back(slots[i].present ? slots[i].item.id : no_id);
            }
        }
        node.inputs.insert(node.inputs.end(), weight_values_.begin(), weight_values_.end());
        const std::size_t count = types.size();
        const NodeId id = checker_.add_node(std::move(node), std::move(types), entry_.name);
        const std::vector<ValueId>& outputs = checker_.graph_.nodes[id].outputs;
        if (state != no_id && !checker_.written(state, outputs.front(), integer("axis"), call_, scope_)) return {};
        if (result_is_list) {
            std::vector<Item> members;
            for (const ValueId output : outputs) members.push_back(Item::of_tensor(output));
            return Item::of_list(std::move(members));
        }
        if (count == 1) return Item::of_tensor(outputs.front());
        std::vector<Item::Field> fields;
        for (std::size_t i = 0; i < count; ++i) fields.emplace_back(entry_.outputs[i].name, Item::of_tensor(outputs[i]));
        return Item::of_record(std::move(fields));
    } catch (const Failed&) {
    } catch (const Complaint& complaint) {
        checker_.report(complaint, call_.place, scope_);
    } catch (const DimOverflow&) {
        checker_.report("HK2106", "a size of `" + entry_.name + "` overflows 64 bits", call_.place, scope_);
    }
    return {};
}

}  // namespace hekla::graph
