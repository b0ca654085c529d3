// SPDX-License-Identifier: MIT
#include "plan/scope.hpp"

#include "base/error.hpp"

#include <cmath>

namespace hekla::plan {
namespace {

using graph::Expr;

[[noreturn]] void fail(const std::string& what) {
    throw Error(ErrorCode::internal, "op entry: " + what);
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    const std::int64_t q = a / b;
    return q - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0);
}

}  // namespace

double Scope::as_real(const Number& value) const {
    if (const auto* d = std::get_if<Dim>(&value)) {
        if (d->is_constant()) return static_cast<double>(d->constant());
        if (symbols_.empty()) fail("this number may not depend on a carried dim");
        return static_cast<double>(d->evaluate(symbols_));
    }
    if (const auto* r = std::get_if<double>(&value)) return *r;
    fail("a number is needed, not a word or list");
}

Number Scope::compare(const std::string& op, const Number& a, const Number& b) const {
    bool result = false;
    if (std::holds_alternative<std::string>(a) || std::holds_alternative<std::string>(b)) {
        if (a.index() != b.index()) fail("a word is compared with a number");
        const bool same = std::get<std::string>(a) == std::get<std::string>(b);
        if (op == "==")
            result = same;
        else if (op == "!=")
            result = !same;
        else
            fail("words compare only by == and !=");
    } else {
        const double x = as_real(a), y = as_real(b);
        if (op == "==")
            result = x == y;
        else if (op == "!=")
            result = x != y;
        else if (op == "<")
            result = x < y;
        else if (op == "<=")
            result = x <= y;
        else if (op == ">")
            result = x > y;
        else
            result = x >= y;
    }
    return Dim(result ? 1 : 0);
}

const Number* Scope::find(std::string_view name) const {
    const auto at = names_.find(name);
    return at == names_.end() ? nullptr : &at->second;
}

Number Scope::evaluate(const Expr& expr) const {
    switch (expr.kind) {
        case Expr::Kind::integer:
        case Expr::Kind::boolean:
            return Dim(expr.integer);
        case Expr::Kind::real:
            return expr.real;
        case Expr::Kind::string:
            return expr.text;
        case Expr::Kind::name: {
            const Number* value = find(expr.text);
            if (!value) fail("`" + expr.text + "` is not known");
            return *value;
        }
        case Expr::Kind::list: {
            Dims out;
            for (const auto& child : expr.children) out.push_back(dim(*child));
            return out;
        }
        case Expr::Kind::index: {
            const Dims list = dims(*expr.children[0]);
            const std::int64_t i = integer(*expr.children[1]);
            if (i < 0 || i >= static_cast<std::int64_t>(list.size())) fail("an index is out of range");
            return list[static_cast<std::size_t>(i)];
        }
        case Expr::Kind::unary: {
            const Number value = evaluate(*expr.children[0]);
            if (expr.text == "not") return Dim(as_real(value) == 0 ? 1 : 0);
            if (const auto* d = std::get_if<Dim>(&value)) return Dim(0) - *d;
            return -as_real(value);
        }
        case Expr::Kind::binary:
            return binary(expr);
        case Expr::Kind::conditional:
            if (integer(*expr.children[1]) != 0) return evaluate(*expr.children[0]);
            if (expr.children.size() < 3) fail("a condition without `else`");
            return evaluate(*expr.children[2]);
        case Expr::Kind::call:
            return call(expr);
        default:
            fail("this kind of expression is not for entries");
    }
}

Number Scope::binary(const Expr& expr) const {
    const std::string& op = expr.text;
    if (op == "and")
        return Dim(integer(*expr.children[0]) != 0 && integer(*expr.children[1]) != 0 ? 1 : 0);
    if (op == "or")
        return Dim(integer(*expr.children[0]) != 0 || integer(*expr.children[1]) != 0 ? 1 : 0);
    const Number a = evaluate(*expr.children[0]), b = evaluate(*expr.children[1]);
    if (op == "==" || op == "!=" || op == "<" || op == "<=" || op == ">" || op == ">=")
        return compare(op, a, b);
    const auto* x = std::get_if<Dim>(&a);
    const auto* y = std::get_if<Dim>(&b);
    if (x && y) {
        if (op == "+") return *x + *y;
        if (op == "-") return *x - *y;
        if (op == "*") return *x * *y;
        if (op == "^" && x->is_constant() && y->is_constant()) {
            if (y->constant() < 0) return std::pow(as_real(a), as_real(b));
            Dim out = 1;
            for (std::int64_t i = 0; i < y->constant(); ++i) out = out * *x;
            return out;
        }
        if (!y->is_constant() || y->constant() == 0) fail("division by zero or by a carried dim");
        if (op == "/" || op == "//") {
            if (x->is_constant()) {
                if (op == "/" && x->constant() % y->constant() != 0) fail("inexact division");
                return Dim(floor_div(x->constant(), y->constant()));
            }
            if (y->constant() < 0) fail("division of a carried dim by a negative number");
            return x->floor_div(y->constant());
        }
        if (op == "%") return *x - x->floor_div(y->constant()) * *y;
        fail("unknown operator " + op);
    }
    const double p = as_real(a), q = as_real(b);
    if (op == "+") return p + q;
    if (op == "-") return p - q;
    if (op == "*") return p * q;
    if (op == "/") return p / q;
    if (op == "//") return std::floor(p / q);
    if (op == "^") return std::pow(p, q);
    fail("unknown operator " + op);
}

Number Scope::call(const Expr& expr) const {
    const auto argument = [&](std::size_t i) -> const Expr& {
        if (i >= expr.arguments.size()) fail("`" + expr.text + "` lacks an argument");
        return *expr.arguments[i].value;
    };
    const auto look_up = [&](const auto& table) {
        const auto at = table.find(argument(0).text);
        if (at == table.end()) fail("`" + argument(0).text + "` has no " + expr.text + "()");
        return at->second;
    };
    const std::string& f = expr.text;
    if (f == "has") return Dim(look_up(present_) ? 1 : 0);
    if (f == "quads") return Dim(look_up(quads_) ? 1 : 0);
    if (f == "along") return Dim(look_up(along_));
    if (f == "stored") return Dim(look_up(stored_));
    if (f == "packed") return Dim(look_up(packed_) ? 1 : 0);
    if (f == "word") return Dim(look_up(words_));
    if (f == "shape") return look_up(shapes_);
    if (f == "size" || f == "before" || f == "after") {
        const Dims sizes = look_up(shapes_);
        const auto rank = static_cast<std::int64_t>(sizes.size());
        std::int64_t axis = integer(argument(1));
        if (axis < 0) axis += rank;
        if (f == "size") return axis < 0 ? Dim(1) : sizes.at(static_cast<std::size_t>(axis));
        if (axis < 0 || axis >= rank) fail("an axis is out of range");
        Dim product = 1;
        for (std::int64_t i = f == "before" ? 0 : axis + 1; i < (f == "before" ? axis : rank); ++i)
            product = product * sizes[static_cast<std::size_t>(i)];
        return product;
    }
    if (f == "prod") {
        Dim out = 1;
        for (const Dim& d : dims(argument(0))) out = out * d;
        return out;
    }
    if (f == "len") return Dim(static_cast<std::int64_t>(dims(argument(0)).size()));
    if (f == "ceil_div") {
        const Dim a = dim(argument(0));
        const std::int64_t b = integer(argument(1));
        if (b <= 0) fail("ceil_div by a number below 1");
        const Dim up = a + Dim(b - 1);
        return up.is_constant() ? Dim(floor_div(up.constant(), b)) : up.floor_div(b);
    }
    if (f == "min" || f == "max") {
        Number best = evaluate(argument(0));
        for (std::size_t i = 1; i < expr.arguments.size(); ++i) {
            Number next = evaluate(argument(i));
            if (f == "min" ? as_real(next) < as_real(best) : as_real(next) > as_real(best))
                best = std::move(next);
        }
        return best;
    }
    if (f == "real") return real(argument(0));
    if (f == "sqrt") return std::sqrt(real(argument(0)));
    fail("unknown function `" + f + "`");
}

Dim Scope::dim(const Expr& expr) const {
    const Number value = evaluate(expr);
    if (const auto* d = std::get_if<Dim>(&value)) return *d;
    if (const auto* r = std::get_if<double>(&value)) {
        if (std::floor(*r) != *r || std::abs(*r) > 9e15) fail("a whole number is needed");
        return Dim(static_cast<std::int64_t>(*r));
    }
    fail("a size is needed, not a word or list");
}

std::int64_t Scope::integer(const Expr& expr) const {
    const Dim d = dim(expr);
    if (d.is_constant()) return d.constant();
    if (symbols_.empty()) fail("this number may not depend on a carried dim");
    return d.evaluate(symbols_);
}

double Scope::real(const Expr& expr) const { return as_real(evaluate(expr)); }

Dims Scope::dims(const Expr& expr) const {
    Number value = evaluate(expr);
    if (auto* list = std::get_if<Dims>(&value)) return std::move(*list);
    if (auto* d = std::get_if<Dim>(&value)) return {*d};
    fail("a list of sizes is needed");
}

}  // namespace hekla::plan
