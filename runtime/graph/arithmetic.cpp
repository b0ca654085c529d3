// SPDX-License-Identifier: MIT
#include "graph/item.hpp"

#include <algorithm>
#include <cmath>

namespace hekla::graph {

namespace {

std::string pair_text(std::string_view op, const Item& a, const Item& b, const Symbols& symbols) {
    return value_text(a, symbols) + " " + std::string(op) + " " + value_text(b, symbols);
}

double number(const Item& item, const Symbols& symbols) {
    if (item.is(Item::Kind::real)) return item.real;
    if (!item.dim.is_constant()) {
        throw Complaint{"HK2203",
                        "`" + value_text(item, symbols) +
                            "` must be known when the file is loaded, to be used as a fraction",
                        ""};
    }
    return static_cast<double>(item.dim.constant());
}

Item real_result(double value, std::string_view op, const Item& a, const Item& b, const Symbols& symbols) {
    if (!std::isfinite(value)) {
        throw Complaint{"HK2106", pair_text(op, a, b, symbols) + " is not a finite number", ""};
    }
    return Item::of_real(value);
}

Item divide(std::string_view op, const Item& a, const Item& b, const Symbols& symbols) {
    if (!b.dim.is_constant()) {
        if (op == "/" && a.dim == b.dim) return Item::of(Dim(1));
        throw Complaint{"HK2108",
                        pair_text(op, a, b, symbols) +
                            ": the divisor must be known when the file is loaded",
                        ""};
    }
    std::int64_t divisor = b.dim.constant();
    Dim dividend = a.dim;
    if (op == "/") {
        if (auto quotient = dividend.exact_div(divisor, symbols.multiples)) return Item::of(*quotient);
        throw Complaint{"HK2108", pair_text(op, a, b, symbols) + " is not exact",
                        "`/` on integers must divide exactly; use `//` to round down"};
    }
    const bool negative = divisor < 0;
    if (negative) {
        dividend = dividend * Dim(-1);
        divisor = (b.dim * Dim(-1)).constant();
    }
    const Dim quotient = dividend.floor_div(divisor, symbols.multiples);
    if (op == "//") return Item::of(quotient);
    return Item::of(a.dim - quotient * b.dim);  // %
}

Item power(const Item& a, const Item& b, const Symbols& symbols) {
    if (a.is(Item::Kind::real) || b.is(Item::Kind::real) ||
        (b.is_constant() && b.dim.constant() < 0)) {
        return real_result(std::pow(number(a, symbols), number(b, symbols)), "^", a, b, symbols);
    }
    if (!b.dim.is_constant()) {
        throw Complaint{"HK2203",
                        pair_text("^", a, b, symbols) +
                            ": the exponent must be known when the file is loaded",
                        ""};
    }
    const std::int64_t exponent = b.dim.constant();
    if (a.is_constant() && (a.dim.constant() == 0 || a.dim.constant() == 1)) {
        return Item::of(exponent == 0 ? Dim(1) : a.dim);
    }
    if (a.is_constant() && a.dim.constant() == -1) return Item::of(Dim(exponent % 2 == 0 ? 1 : -1));
    if (exponent > 64) throw DimOverflow{};
    Dim result = 1;
    for (std::int64_t i = 0; i < exponent; ++i) result = result * a.dim;
    return Item::of(result);
}

/// -1, 0 or 1 where that is known for every value of the symbols.
int compare_numbers(std::string_view op, const Item& a, const Item& b, const Symbols& symbols) {
    if (a.is(Item::Kind::integer) && b.is(Item::Kind::integer)) {
        const Dim difference = a.dim - b.dim;
        if (difference.is_constant()) {
            return difference.constant() < 0 ? -1 : difference.constant() > 0 ? 1 : 0;
        }
        throw Complaint{"HK2203",
                        "the condition must be known when the file is loaded, got `" +
                            pair_text(op, a, b, symbols) + "`",
                        ""};
    }
    const double x = number(a, symbols);
    const double y = number(b, symbols);
    return x < y ? -1 : x > y ? 1 : 0;
}

bool equal(std::string_view op, const Item& a, const Item& b, const Symbols& symbols) {
    if (a.is_number() && b.is_number()) return compare_numbers(op, a, b, symbols) == 0;
    if (a.is(Item::Kind::absent) || b.is(Item::Kind::absent)) return a.kind == b.kind;
    if (a.kind != b.kind) {
        throw Complaint{"HK2105",
                        "`" + std::string(op) + "` of " + describe(a, symbols) + " and " +
                            describe(b, symbols) + ", which are never equal",
                        ""};
    }
    switch (a.kind) {
        case Item::Kind::boolean: return a.boolean == b.boolean;
        case Item::Kind::string:
        case Item::Kind::weights: return a.text == b.text;
        case Item::Kind::list:
            if (a.members->size() != b.members->size()) return false;
            for (std::size_t i = 0; i < a.members->size(); ++i) {
                if (!equal(op, (*a.members)[i], (*b.members)[i], symbols)) return false;
            }
            return true;
        default:
            throw Complaint{"HK2203",
                            "`" + std::string(op) + "` compares values known when the file is loaded, got " +
                                describe(a, symbols),
                            ""};
    }
}

Item arithmetic(std::string_view op, const Item& a, const Item& b, const Symbols& symbols) {
    const bool whole = a.is(Item::Kind::integer) && b.is(Item::Kind::integer);
    if (op == "/" || op == "//" || op == "%") {
        if (number(b.is_constant() || b.is(Item::Kind::real) ? b : Item::of(Dim(1)), symbols) == 0) {
            throw Complaint{"HK2109", "division by zero", ""};
        }
        if (whole) return divide(op, a, b, symbols);
        const double x = number(a, symbols);
        const double y = number(b, symbols);
        if (op == "/") return real_result(x / y, op, a, b, symbols);
        const double floor = std::floor(x / y);
        return real_result(op == "//" ? floor : x - floor * y, op, a, b, symbols);
    }
    if (op == "^") return power(a, b, symbols);
    if (whole) {
        if (op == "+") return Item::of(a.dim + b.dim);
        if (op == "-") return Item::of(a.dim - b.dim);
        return Item::of(a.dim * b.dim);
    }
    const double x = number(a, symbols);
    const double y = number(b, symbols);
    return real_result(op == "+" ? x + y : op == "-" ? x - y : x * y, op, a, b, symbols);
}

[[noreturn]] void wrong_operands(std::string_view op, const Item& a, const Item& b, const Symbols& symbols) {
    throw Complaint{"HK2105",
                    "`" + std::string(op) + "` of " + describe(a, symbols) + " and " + describe(b, symbols), ""};
}

}  // namespace

Item apply_unary(std::string_view op, const Item& a, const Symbols& symbols) {
    if (a.is(Item::Kind::poison)) return {};
    if (op == "not") return Item::of_bool(!truth(a, symbols));
    if (a.is(Item::Kind::real)) return Item::of_real(-a.real);
    if (!a.is(Item::Kind::integer)) {
        throw Complaint{"HK2105", "`-` needs a number, got " + describe(a, symbols), ""};
    }
    try {
        return Item::of(a.dim * Dim(-1));
    } catch (const DimOverflow&) {
        throw Complaint{"HK2106", "-" + value_text(a, symbols) + " overflows 64 bits", ""};
    }
}

Item apply_binary(std::string_view op, const Item& a, const Item& b, const Symbols& symbols) {
    if (a.is(Item::Kind::poison) || b.is(Item::Kind::poison)) return {};
    try {
        if (op == "==") return Item::of_bool(equal(op, a, b, symbols));
        if (op == "!=") return Item::of_bool(!equal(op, a, b, symbols));
        const bool numbers = a.is_number() && b.is_number();
        if (op == "<" || op == "<=" || op == ">" || op == ">=") {
            if (!numbers) wrong_operands(op, a, b, symbols);
            const int order = compare_numbers(op, a, b, symbols);
            return Item::of_bool(op == "<" ? order < 0 : op == "<=" ? order <= 0 : op == ">" ? order > 0 : order >= 0);
        }
        if (op == "+" && a.is(Item::Kind::list) && b.is(Item::Kind::list)) {
            std::vector<Item> members = *a.members;
            members.insert(members.end(), b.members->begin(), b.members->end());
            return Item::of_list(std::move(members));
        }
        if (!numbers) wrong_operands(op, a, b, symbols);
        return arithmetic(op, a, b, symbols);
    } catch (const DimOverflow&) {
        throw Complaint{"HK2106", pair_text(op, a, b, symbols) + " overflows 64 bits", ""};
    }
}

bool truth(const Item& item, const Symbols& symbols) {
    if (item.is(Item::Kind::boolean)) return item.boolean;
    if (item.is_tensor()) {
        throw Complaint{"HK2203", "the condition must be known when the file is loaded, got a tensor",
                        "use `where(cond, a, b)`"};
    }
    throw Complaint{"HK2203", "the condition must be true or false, got " + describe(item, symbols),
                    item.is_number() ? "compare it with a number" : ""};
}

bool is_plain_function(std::string_view name) {
    return name == "len" || name == "min" || name == "max" || name == "sqrt" || name == "ceil_div" ||
           name == "reverse" || name == "nth";
}

bool may_be_function(const Expr& call) {
    return is_plain_function(call.text) && std::all_of(call.arguments.begin(), call.arguments.end(),
                                                       [](const Expr::Argument& argument) { return argument.name.empty(); });
}

Item apply_function(std::string_view name, const std::vector<Item>& arguments, const Symbols& symbols) {
    for (const Item& argument : arguments) {
        if (argument.is(Item::Kind::poison)) return {};
    }
    const auto need = [&](std::size_t count) {
        if (arguments.size() != count) {
            throw Complaint{"HK2303",
                            "`" + std::string(name) + "` takes " + std::to_string(count) +
                                (count == 1 ? " input, got " : " inputs, got ") + std::to_string(arguments.size()),
                            ""};
        }
    };
    const auto wrong = [&](const Item& item, std::string_view wanted) {
        throw Complaint{"HK2105",
                        "`" + std::string(name) + "` needs " + std::string(wanted) + ", got " +
                            describe(item, symbols),
                        ""};
    };
    if (name == "len" || name == "reverse") {
        need(1);
        if (!arguments[0].is(Item::Kind::list)) wrong(arguments[0], "a list");
        if (name == "len") return Item::of(Dim(static_cast<std::int64_t>(arguments[0].members->size())));
        return Item::of_list({arguments[0].members->rbegin(), arguments[0].members->rend()});
    }
    if (name == "nth") {  // of a list; anything else stands for each place
        need(2);
        if (!arguments[1].is_constant() || arguments[1].dim.constant() < 0) wrong(arguments[1], "a place, 0 or more");
        if (!arguments[0].is(Item::Kind::list)) return arguments[0];
        const auto place = static_cast<std::size_t>(arguments[1].dim.constant());
        if (place >= arguments[0].members->size()) {
            throw Complaint{"HK2206",
                            "place " + std::to_string(place) + " of a list of " + std::to_string(arguments[0].members->size()), ""};
        }
        return (*arguments[0].members)[place];
    }
    if (name == "sqrt") {
        need(1);
        if (!arguments[0].is_number()) wrong(arguments[0], "a number");
        const double value = number(arguments[0], symbols);
        if (value < 0) wrong(arguments[0], "a number that is not negative");
        return Item::of_real(std::sqrt(value));
    }
    if (name == "ceil_div") {
        need(2);
        for (const Item& item : arguments) {
            if (!item.is(Item::Kind::integer)) wrong(item, "whole numbers");
        }
        // ceil(a / b) = floor((a + b - 1) / b)
        const Item sum = apply_binary("-", apply_binary("+", arguments[0], arguments[1], symbols), Item::of(Dim(1)), symbols);
        return apply_binary("//", sum, arguments[1], symbols);
    }
    // min, max: of numbers, or of one list of them
    const std::vector<Item>* items = &arguments;
    if (arguments.size() == 1 && arguments[0].is(Item::Kind::list)) items = arguments[0].members.get();
    if (items->empty()) {
        throw Complaint{"HK2303", "`" + std::string(name) + "` needs at least one number", ""};
    }
    for (const Item& item : *items) {
        if (!item.is_number()) wrong(item, "numbers");
    }
    const auto less = [&](const Item& a, const Item& b) { return compare_numbers("<", a, b, symbols) < 0; };
    try {
        return name == "min" ? *std::min_element(items->begin(), items->end(), less)
                             : *std::max_element(items->begin(), items->end(), less);
    } catch (const DimOverflow&) {
        throw Complaint{"HK2106", "`" + std::string(name) + "` overflows 64 bits", ""};
    }
}

}  // namespace hekla::graph
