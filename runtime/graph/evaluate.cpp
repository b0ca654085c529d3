// SPDX-License-Identifier: MIT
#include "graph/checker.hpp"

#include "graph/parse.hpp"

#include <algorithm>

namespace hekla::graph {

namespace {

bool is_tensor_operator(std::string_view op) { return op == "+" || op == "-" || op == "*" || op == "/"; }

constexpr std::size_t longest_list = 65536;   // leaves, so that doubling lists stay small
constexpr std::size_t longest_path = 4096;    // letters of a weight path

}  // namespace

const TensorType& Checker::type_of(const Item& item) const { return graph_.values[item.id].type; }

Item Checker::as_tensor(const Item& item) {
    return item.is(Item::Kind::slot) ? Item::of_tensor(old_value(item.id)) : item;
}

Item Checker::checked_size(Item item, Place place, const Scope& scope) {
    if (item.size <= longest_list) return item;
    report("HK3006", "this list has more than " + std::to_string(longest_list) + " values", place, scope);
    return {};
}

Item Checker::evaluate(const Expr& expr, Scope& scope) {
    if (stopped_ || broken_.contains(&expr)) return {};
    try {
        switch (expr.kind) {
            case Expr::Kind::integer: return Item::of(Dim(expr.integer));
            case Expr::Kind::real: return Item::of_real(expr.real);
            case Expr::Kind::boolean: return Item::of_bool(expr.integer != 0);
            case Expr::Kind::string: return Item::of_string(expr.text);
            case Expr::Kind::none: return Item::absent("none");
            case Expr::Kind::name: return lookup(expr, scope);
            case Expr::Kind::member: return evaluate_member(expr, scope);
            case Expr::Kind::index: return evaluate_index(expr, scope);
            case Expr::Kind::call: return evaluate_call(expr, scope);
            case Expr::Kind::list: {
                std::vector<Item> members;
                for (const ExprPtr& child : expr.children) members.push_back(evaluate(*child, scope));
                return checked_size(Item::of_list(std::move(members)), expr.place, scope);
            }
            case Expr::Kind::unary: {
                const Item operand = evaluate(*expr.children[0], scope);
                if (operand.is(Item::Kind::poison)) return {};
                if (expr.text == "not") {
                    const auto value = condition(*expr.children[0], scope);
                    return value ? Item::of_bool(!*value) : Item();
                }
                if (operand.is_tensor()) return operate("neg", expr, operand, {}, scope);
                return apply_unary(expr.text, operand, symbols_);
            }
            case Expr::Kind::binary: return evaluate_binary(expr, scope);
            case Expr::Kind::conditional: return evaluate_conditional(expr, scope);
            case Expr::Kind::bind:
            case Expr::Kind::rest:
            case Expr::Kind::splat: break;
        }
        report("HK2105", "`" + to_text(expr) + "` is no value", expr.place, scope);
        return {};
    } catch (const Complaint& complaint) {
        report(complaint, expr.place, scope);
        return {};
    } catch (const DimOverflow&) {
        report("HK2106", "a size overflows 64 bits", expr.place, scope);
        return {};
    }
}

Item Checker::evaluate_binary(const Expr& expr, Scope& scope) {
    if (expr.text == "and" || expr.text == "or") {
        const auto left = condition(*expr.children[0], scope);
        if (!left) return {};
        if (*left == (expr.text == "or")) return Item::of_bool(*left);
        const auto right = condition(*expr.children[1], scope);
        return right ? Item::of_bool(*right) : Item();
    }
    Item left = evaluate(*expr.children[0], scope);
    Item right = evaluate(*expr.children[1], scope);
    if (left.is(Item::Kind::poison) || right.is(Item::Kind::poison)) return {};
    const bool tensors = left.is_tensor() || right.is_tensor();
    if (tensors && is_tensor_operator(expr.text)) {
        return operate(expr.text == "+"   ? "add"
                       : expr.text == "-" ? "sub"
                       : expr.text == "*" ? "mul"
                                          : "div",
                       expr, std::move(left), std::move(right), scope);
    }
    if (tensors) {
        throw Complaint{"HK2203",
                        "`" + expr.text + "` works on values known when the file is loaded, got " +
                            describe(left.is_tensor() ? left : right, symbols_),
                        ""};
    }
    for (const Item* side : {&left, &right}) {
        const bool compares = expr.text == "==" || expr.text == "!=";
        if (side->is(Item::Kind::absent) && side->text != "none" && !compares) {
            throw Complaint{"HK2205", "this value is there only if " + side->text, ""};
        }
    }
    return checked_size(apply_binary(expr.text, left, right, symbols_), expr.place, scope);
}

std::optional<bool> Checker::condition(const Expr& expr, Scope& scope) {
    const Item item = evaluate(expr, scope);
    if (item.is(Item::Kind::poison)) return std::nullopt;
    try {
        return truth(item, symbols_);
    } catch (const Complaint& complaint) {
        report(complaint, expr.place, scope);
        return std::nullopt;
    }
}

Item Checker::evaluate_conditional(const Expr& expr, Scope& scope) {
    const auto value = condition(*expr.children[1], scope);
    if (!value) return {};
    const bool at_root = naming_ != nullptr && naming_->root == &expr;
    if (!*value && expr.children.size() < 3) return Item::absent("`" + to_text(*expr.children[1]) + "`");
    const Expr& taken = *expr.children[*value ? 0 : 2];
    if (at_root) naming_->root = &taken;
    return evaluate(taken, scope);
}

Item Checker::evaluate_member(const Expr& expr, Scope& scope) {
    const Item base = evaluate(*expr.children[0], scope);
    if (base.is(Item::Kind::poison)) return {};
    std::string name = expr.text;
    if (expr.children.size() > 1) {
        const Item number = evaluate(*expr.children[1], scope);
        if (number.is(Item::Kind::poison)) return {};
        if (!number.is_constant() && !number.is(Item::Kind::string)) {
            throw Complaint{"HK2205", "a name can be joined to a number, got " + describe(number, symbols_), ""};
        }
        name += value_text(number, symbols_);
    }
    if (base.is(Item::Kind::weights)) {
        std::string path = base.text.empty() ? name : base.text + "." + name;
        if (path.size() > longest_path) throw Complaint{"HK3006", "this weight path is too long", ""};
        return Item::of_weights(std::move(path));
    }
    const Place place = expr.text_place ? expr.text_place : expr.place;
    if (base.is(Item::Kind::record)) {
        if (const Item* field = base.find(name)) return *field;
        std::string fields;
        for (const auto& field : *base.fields) fields += (fields.empty() ? "" : ", ") + field.first;
        report("HK2204", "no output `" + name + "`; this has " + fields, place, scope);
        return {};
    }
    if (base.is(Item::Kind::absent)) {
        report("HK2205", "this value is there only if " + base.text, expr.children[0]->place, scope);
        return {};
    }
    report("HK2204", "no output `" + name + "`; this is " + describe(base, symbols_), place, scope);
    return {};
}

Item Checker::evaluate_index(const Expr& expr, Scope& scope) {
    const Item base = evaluate(*expr.children[0], scope);
    const Item index = evaluate(*expr.children[1], scope);
    if (base.is(Item::Kind::poison) || index.is(Item::Kind::poison)) return {};
    const Place place = expr.children[1]->place;
    if (!index.is_constant()) {
        report("HK2206", "an index is a whole number known when the file is loaded, got " + describe(index, symbols_), place, scope);
        return {};
    }
    const std::int64_t number = index.dim.constant();
    if (base.is(Item::Kind::weights)) {
        if (number < 0) {
            report("HK2206", "index " + std::to_string(number) + " in a weight path", place, scope);
            return {};
        }
        return Item::of_weights(base.text + (base.text.empty() ? "" : ".") + std::to_string(number));
    }
    if (!base.is(Item::Kind::list)) {
        const bool absent = base.is(Item::Kind::absent);
        report("HK2206",
               absent ? "this value is there only if " + base.text
                      : "only lists and weights have an index, this is " + describe(base, symbols_),
               expr.children[0]->place, scope)
            .help(base.is_tensor() ? "take a part of a tensor with `slice(x, axis=, start=)`" : "");
        return {};
    }
    const auto count = static_cast<std::int64_t>(base.members->size());
    if (number >= count || number < -count) {
        report("HK2206",
               "index " + std::to_string(number) + " is out of range; there " + (count == 1 ? "is " : "are ") +
                   std::to_string(count),
               place, scope);
        return {};
    }
    return (*base.members)[static_cast<std::size_t>(number < 0 ? number + count : number)];
}

Item Checker::evaluate_call(const Expr& expr, Scope& scope) {
    const auto block = blocks_.find(expr.text);
    if (block != blocks_.end()) return call_block(*block->second, expr, scope);
    const ops::Entry* entry = find_op(expr.text);
    if (may_be_function(expr)) {
        std::vector<Item> arguments;
        for (const Expr::Argument& argument : expr.arguments) arguments.push_back(evaluate(*argument.value, scope));
        const bool of_tensors = std::any_of(arguments.begin(), arguments.end(), [](const Item& item) { return item.is_tensor(); });
        if (entry != nullptr && of_tensors) return call_shared_name(*entry, expr, scope, arguments);
        return checked_size(apply_function(expr.text, arguments, symbols_), expr.place, scope);
    }
    if (entry != nullptr) return call_op(*entry, expr, scope);
    return weight_function(expr, scope);
}

/// `sqrt`, `max` and `min` are functions of numbers and ops on tensors. The static pass, which cannot tell them apart, has checked the function.
Item Checker::call_shared_name(const ops::Entry& entry, const Expr& expr, Scope& scope, const std::vector<Item>& arguments) {
    if (arguments.size() != entry.call.size()) {
        report("HK2303", "`" + entry.name + "` takes one tensor, got " + std::to_string(arguments.size()) + " inputs", expr.place, scope)
            .help("of two tensors: `maximum(a, b)`, `minimum(a, b)`");
        return {};
    }
    for (const ops::AttributeSpec& attribute : entry.attributes) {
        if (attribute.default_value || default_setting(entry.name, attribute, scope).present) continue;
        report("HK2306", "`" + entry.name + "` of a tensor needs `" + attribute.name + "=`", expr.place, scope);
        return {};
    }
    return call_op(entry, expr, scope, arguments);
}

/// has, rows, cols, sizes, count, weight
Item Checker::weight_function(const Expr& expr, Scope& scope) {
    const bool reads = expr.text == "weight";
    if (expr.arguments.size() != (reads ? 2u : 1u)) return {};  // told by the static pass
    const Item path = evaluate(*expr.arguments[0].value, scope);
    if (path.is(Item::Kind::poison)) return {};
    if (!path.is(Item::Kind::weights)) {
        report("HK2101", "`" + expr.text + "` needs weights, got " + describe(path, symbols_), expr.arguments[0].value->place, scope);
        return {};
    }
    if (expr.text == "has") return Item::of_bool(has_weights(path.text));
    if (expr.text == "count") return Item::of(Dim(count_children(path.text)));
    if (!reads) {
        const auto tensor = find_tensor(path.text);
        if (!tensor) {
            report("HK2403", "no tensor `" + path.text + "` in the weight file", expr.place, scope)
                .help(has_file_ ? "" : "write `" + to_text(expr) + " if has(...) else ...`, for checks without a weight file");
            return {};
        }
        const auto& shape = options_.checkpoint->tensors()[*tensor].shape;
        if (expr.text == "sizes") {
            std::vector<Item> members;
            for (const std::int64_t length : shape) members.push_back(Item::of(Dim(length)));
            return Item::of_list(std::move(members));
        }
        const std::size_t axis = expr.text == "rows" ? 0 : 1;
        if (shape.size() <= axis) {
            report("HK2403", "`" + path.text + "` is " + shape_text(shape) + " in the weight file: it has no " + expr.text, expr.place, scope);
            return {};
        }
        return Item::of(Dim(shape[axis]));
    }
    const Item dims = evaluate(*expr.arguments[1].value, scope);
    if (dims.is(Item::Kind::poison)) return {};
    if (!dims.is(Item::Kind::list)) {
        report("HK2105", "`weight` needs a list of sizes, got " + describe(dims, symbols_), expr.arguments[1].value->place, scope);
        return {};
    }
    TensorType type;
    for (const Item& item : *dims.members) {
        if (item.is(Item::Kind::poison)) return {};
        if (!item.is(Item::Kind::integer)) {
            report("HK2105", "a size is a whole number, got " + describe(item, symbols_), expr.arguments[1].value->place, scope);
            return {};
        }
        type.shape.push_back(item.dim);
    }
    const ValueId value = weight_value(path.text, std::move(type), nullptr, nullptr, expr, scope);
    return value == no_id ? Item() : Item::of_tensor(value);
}

std::optional<Dim> Checker::size(const Expr& expr, Scope& scope) {
    const Item item = evaluate(expr, scope);
    if (item.is(Item::Kind::poison)) return std::nullopt;
    if (!item.is(Item::Kind::integer)) {
        report("HK2105", "a size is a whole number, got " + describe(item, symbols_), expr.place, scope);
        return std::nullopt;
    }
    if (item.dim.is_constant() && item.dim.constant() < 0) {
        report("HK2107", "a size cannot be " + text(item.dim), expr.place, scope);
        return std::nullopt;
    }
    return item.dim;
}

std::optional<std::int64_t> Checker::whole_number(const Expr& expr, Scope& scope, std::string_view what) {
    const Item item = evaluate(expr, scope);
    if (item.is(Item::Kind::poison)) return std::nullopt;
    if (!item.is_constant()) {
        report("HK2105",
               "`" + std::string(what) + "` is a whole number known when the file is loaded, got " +
                   describe(item, symbols_),
               expr.place, scope);
        return std::nullopt;
    }
    return item.dim.constant();
}

std::optional<TensorType> Checker::tensor_type(const TypeExpr& type, Scope& scope) {
    if (broken_types_.contains(&type)) return std::nullopt;
    const auto dtype = find_dtype(type.name);
    if (!dtype || !type.is_tensor) {
        report("HK2001", "a tensor is wanted here, such as `float[B, T]`", type.place, scope);
        return std::nullopt;
    }
    TensorType result{*dtype, {}};
    for (const ExprPtr& expr : type.sizes) {
        const auto dim = size(*expr, scope);
        if (!dim) return std::nullopt;
        result.shape.push_back(*dim);
    }
    return result;
}

}  // namespace hekla::graph
