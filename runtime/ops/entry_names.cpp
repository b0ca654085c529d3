// SPDX-License-Identifier: MIT
#include "ops/entry_names.hpp"

#include "base/did_you_mean.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace hekla::ops {
namespace {

using graph::Expr;

// Calls f of every expression within, the outermost first; f returns whether to go deeper.
template <class F>
void walk(const Expr& expr, F&& f) {
    if (!f(expr)) return;
    for (const auto& child : expr.children)
        if (child) walk(*child, f);
    for (const Expr::Argument& argument : expr.arguments)
        if (argument.value) walk(*argument.value, f);
}

// Functions whose argument names a tensor or attribute, not a value.
constexpr std::string_view about_tensors[] = {"has", "stored", "packed", "shape", "quads", "along"};
// And those that say more of one tensor's axis.
constexpr std::string_view about_axes[] = {"size", "before", "after"};
constexpr std::string_view functions[] = {"size", "before", "after", "has", "stored", "packed", "shape", "quads", "along",
                                          "word", "prod", "real", "len", "ceil_div", "min", "max", "sqrt"};

bool among(std::string_view name, std::span<const std::string_view> list) {
    return std::find(list.begin(), list.end(), name) != list.end();
}

class NameCheck {
public:
    NameCheck(const Entry& entry, const SourcePtr& source, Diagnostics& out) : entry_(entry), source_(source), out_(out) {}

    void run() {
        for (const Slot& slot : entry_.slots) bind(slot.type);
        for (const OutputSpec& output : entry_.outputs) {
            tensors_.push_back(output.name);
            if (!entry_.rule.empty()) bind(output.type);
        }
        for (const Slot& slot : entry_.slots) tensors_.push_back(slot.name);
        for (const AttributeSpec& attribute : entry_.attributes) names_.push_back(attribute.name);

        for (const Slot& slot : entry_.slots) {
            check(slot.type);
            if (slot.when) check(*slot.when);
            if (slot.packed) check(*slot.packed);
            for (const auto& size : slot.broadcast) check(*size);
        }
        for (const AttributeSpec& attribute : entry_.attributes)
            if (attribute.default_value) check(*attribute.default_value);
        for (const Requirement& requirement : entry_.require) check(*requirement.condition);
        for (const OutputSpec& output : entry_.outputs) check(output.type);

        if (entry_.iterate != Entry::Iterate::none) names_.insert(names_.end(), {"d0", "d1", "d2", "d3"});
        check_split();
        for (const ParamSpec& param : entry_.params) check(*param.value);
        if (entry_.flops) check(*entry_.flops);
        if (entry_.element) check(*entry_.element);
        check_view();
        check_kernels();
    }

private:
    void bind(const graph::TypeExpr& type) {
        for (const auto& size : type.sizes)
            walk(*size, [&](const Expr& expr) {
                if (expr.kind == Expr::Kind::bind || expr.kind == Expr::Kind::rest) names_.push_back(expr.text);
                return true;
            });
    }

    void check(const graph::TypeExpr& type) {
        if (type.name != "any" && !find_dtype(type.name) && !entry_.find_slot(type.name) && !entry_.find_attribute(type.name))
            unknown(type.name, type.name_place, tensors_);
        for (const auto& size : type.sizes) check(*size);
    }

    void check_view() {
        const std::size_t before = names_.size();
        names_.insert(names_.end(), {"part", "size"});
        for (const ViewStep& step : entry_.view)
            for (const auto& argument : step.arguments) check(*argument);
        names_.resize(before);
    }

    // What `set` names is known from here on, to `params` and `kernels` too.
    void check_split() {
        const std::size_t before = names_.size();
        for (const SplitSpec& split : entry_.split) {
            if (std::find(names_.begin(), names_.end(), split.over) == names_.end()) unknown(split.over, {}, names_);
            if (split.every) check(*split.every);
            for (const auto& [tensor, axis] : split.of)
                if (std::find(tensors_.begin(), tensors_.end(), tensor) == tensors_.end()) unknown(tensor, {}, tensors_);
            if (!split.sum.empty() && !entry_.find_slot(split.sum)) unknown(split.sum, {}, tensors_);
            names_.insert(names_.end(), {"first", "count"});
            for (const auto& [name, value] : split.set) check(*value);
            names_.resize(before);
        }
        for (const SplitSpec& split : entry_.split)
            for (const auto& [name, value] : split.set) names_.push_back(name);
    }

    void check_kernels() {
        names_.insert(names_.end(), {"subgroup", "lanes", "by_address", "normed", "software", "shared_bytes", "matrix_m", "matrix_n", "matrix_k"});
        const std::size_t before = names_.size();
        for (const KernelSpec& kernel : entry_.kernels) {
            names_.resize(before);
            if (kernel.shares) {
                check(*kernel.shares);
                names_.push_back("shares");
            }
            if (kernel.when) check(*kernel.when);
            for (const auto& value : kernel.spec) check(*value);
            for (const auto& value : kernel.grid) check(*value);
            check(*kernel.cost);
        }
    }

    void check(const Expr& root) {
        walk(root, [&](const Expr& expr) {
            if (expr.kind == Expr::Kind::name) {
                if (std::find(names_.begin(), names_.end(), expr.text) == names_.end()) unknown(expr.text, expr.place, names_);
            } else if (expr.kind == Expr::Kind::call) {
                if (!among(expr.text, functions)) {
                    out_.error(source_, "HK4002", "there is no function `" + expr.text + "`", expr.text_place)
                        .help(did_you_mean_help(expr.text, std::span<const std::string_view>(functions)));
                    return false;
                }
                const bool of_axis = among(expr.text, about_axes);
                if (!of_axis && !among(expr.text, about_tensors)) return true;
                const bool named = expr.arguments.size() == (of_axis ? 2 : 1) && expr.arguments[0].value &&
                                   expr.arguments[0].value->kind == Expr::Kind::name;
                if (named && of_axis) check(*expr.arguments[1].value);
                if (!named)
                    out_.error(source_, "HK4002", "`" + expr.text + "` takes the name of one tensor" + (of_axis ? " and an axis" : ""), expr.place);
                else if (const Expr& name = *expr.arguments[0].value;
                         std::find(tensors_.begin(), tensors_.end(), name.text) == tensors_.end())
                    unknown(name.text, name.place, tensors_);
                return false;
            }
            return true;
        });
    }

    void unknown(const std::string& name, Place place, const std::vector<std::string>& known) {
        out_.error(source_, "HK4002", "`" + name + "` is not known here", place)
            .help(did_you_mean_help(name, std::span<const std::string>(known)));
    }

    const Entry& entry_;
    const SourcePtr& source_;
    Diagnostics& out_;
    std::vector<std::string> names_;    // sizes and attributes
    std::vector<std::string> tensors_;  // slots and outputs
};

}  // namespace

NumberKind number_kind(const Expr& expr, std::span<const AttributeSpec> attributes) {
    const auto is_number = [&](const Expr& e) {
        return e.kind == Expr::Kind::name && std::any_of(attributes.begin(), attributes.end(), [&](const AttributeSpec& a) {
                   return a.name == e.text && a.kind == AttributeKind::number;
               });
    };
    if (is_number(expr) || expr.kind == Expr::Kind::real || (expr.kind == Expr::Kind::call && expr.text == "real"))
        return NumberKind::real;
    NumberKind kind = NumberKind::integer;
    static constexpr std::string_view comparisons[] = {"==", "!=", "<", "<=", ">", ">="};
    walk(expr, [&](const Expr& e) {
        if (e.kind == Expr::Kind::binary && among(e.text, comparisons)) return false;  // 0 or 1
        if (is_number(e) || e.kind == Expr::Kind::real) kind = NumberKind::mixed;
        return true;
    });
    return kind;
}

void check_names(const Entry& entry, const SourcePtr& source, Diagnostics& out) { NameCheck(entry, source, out).run(); }

}  // namespace hekla::ops
