// SPDX-License-Identifier: MIT
#include "graph/checker.hpp"

#include "base/did_you_mean.hpp"
#include "graph/clone.hpp"

#include <algorithm>

namespace hekla::graph {

namespace {

using Names = std::set<std::string, std::less<>>;

/// Calls that an op's expressions may make.
bool is_known_call(std::string_view name) { return is_plain_function(name) || name == "prod" || name == "has"; }

struct Kind {
    ops::AttributeKind attribute;
    bool is_float;
};

std::optional<Kind> kind_of(std::string_view type) {
    if (type == "int") return Kind{ops::AttributeKind::integer, false};
    if (type == "num") return Kind{ops::AttributeKind::number, true};
    if (type == "bool") return Kind{ops::AttributeKind::boolean, false};
    const auto dtype = find_dtype(type);
    if (!dtype) return std::nullopt;
    if (*dtype == DType::boolean) return Kind{ops::AttributeKind::boolean, false};
    if (is_floating(*dtype)) return Kind{ops::AttributeKind::number, true};
    return Kind{ops::AttributeKind::integer, false};
}

/// True if the expression's value is a fraction: it names a fractional attribute or contains one.
bool is_real(const Expr& expr, const Names& reals) {
    if (expr.kind == Expr::Kind::real || (expr.kind == Expr::Kind::name && reals.contains(expr.text))) return true;
    if (expr.kind == Expr::Kind::call) return expr.text == "sqrt";
    return std::any_of(expr.children.begin(), expr.children.end(), [&](const ExprPtr& child) { return child && is_real(*child, reals); });
}

}  // namespace

void Checker::check_op_names(const Expr& expr, const std::set<std::string, std::less<>>& names) {
    if (expr.kind == Expr::Kind::name && !names.contains(expr.text)) {
        report("HK2202", "`" + expr.text + "` is not defined", expr.place, file_scope_)
            .help([&] {
                const std::string meant = did_you_mean_help(expr.text, std::vector<std::string>(names.begin(), names.end()));
                return meant.empty() ? "an op sees its own sizes and attributes only" : meant;
            }());
        return;
    }
    if (expr.kind == Expr::Kind::call && !is_known_call(expr.text)) {
        report("HK2302", "`" + expr.text + "` cannot be called here", expr.text_place ? expr.text_place : expr.place, file_scope_)
            .help("an op's own expressions know min, max, sqrt, ceil_div and prod");
    }
    for (const ExprPtr& child : expr.children) {
        if (child) check_op_names(*child, names);
    }
    for (const Expr::Argument& argument : expr.arguments) check_op_names(*argument.value, names);
}

/// Makes an op entry of every op under `ops:`. Kernels are not made here: who runs the graph has the shader compiled and compared.
void Checker::declare_custom_ops() {
    for (const CustomOpDecl& decl : file_.ops) {
        if (catalogue_.find(decl.name) != nullptr) {
            report("HK2308", "`" + decl.name + "` is a built-in op", decl.name_place, file_scope_)
                .help("choose another name, or prefix it with yours: `acme_" + decl.name + "`");
            // Calls of the name mean the built-in op, and are checked as such.
            refused_op_ = true;
            continue;
        }
        if (blocks_.contains(decl.name)) {
            report("HK1204", "`" + decl.name + "` is an op and a block", decl.name_place, file_scope_).also(blocks_[decl.name]->name_place, "the block");
            continue;
        }
        auto entry = std::make_shared<ops::Entry>();
        auto custom = std::make_shared<CustomOp>();
        entry->name = decl.name;
        custom->shader = decl.shader.text;
        custom->place = decl.name_place;
        Names names;
        Names reals;
        std::vector<std::string> tensors;
        for (const CustomOpDecl::Attribute& attribute : decl.attributes) {
            const auto kind = kind_of(attribute.type.text);
            if (!kind) {
                static const std::vector<std::string> known{"int", "num", "bool", "f32", "i32", "u32"};
                report("HK2001", "unknown type `" + attribute.type.text + "`", attribute.type.place, file_scope_)
                    .help(did_you_mean_help(attribute.type.text, known));
                continue;
            }
            ops::AttributeSpec spec;
            spec.name = attribute.name;
            spec.kind = kind->attribute;
            if (attribute.default_value) spec.default_value = clone(*attribute.default_value);
            names.insert(attribute.name);
            if (kind->is_float) reals.insert(attribute.name);
            entry->attributes.push_back(std::move(spec));
        }
        for (const Port& port : decl.inputs) {
            ops::Slot slot;
            slot.name = port.name;
            slot.type = clone(port.type);
            slot.optional = port.type.or_none;
            for (const ExprPtr& size : port.type.sizes) {
                if (size->kind == Expr::Kind::bind) names.insert(size->text);
                if (size->kind == Expr::Kind::rest) names.insert(size->text);
            }
            for (const ExprPtr& size : port.type.sizes) {
                if (size->kind != Expr::Kind::bind && size->kind != Expr::Kind::rest) check_op_names(*size, names);
            }
            tensors.push_back(port.name);
            if (!slot.optional) entry->call.push_back(port.name);
            entry->slots.push_back(std::move(slot));
        }
        entry->input_count = entry->slots.size();
        for (const CustomOpDecl::Attribute& attribute : decl.attributes) {
            if (attribute.default_value) check_op_names(*attribute.default_value, names);
        }
        for (const Port& port : decl.outputs) {
            ops::OutputSpec output;
            output.name = port.name;
            output.type = clone(port.type);
            for (const ExprPtr& size : port.type.sizes) {
                if (size->kind == Expr::Kind::bind) {
                    report("HK2601", "`?" + size->text + "` binds a size, which results cannot", size->place, file_scope_).help("drop the `?`");
                } else if (size->kind != Expr::Kind::rest) {
                    check_op_names(*size, names);
                }
            }
            tensors.push_back(port.name);
            entry->outputs.push_back(std::move(output));
        }
        for (const Word& binding : decl.bindings) {
            if (std::find(tensors.begin(), tensors.end(), binding.text) == tensors.end()) {
                report("HK2602", "binding `" + binding.text + "` is neither an input nor an output of `" + decl.name + "`", binding.place, file_scope_)
                    .help(did_you_mean_help(binding.text, tensors));
            } else if (std::find(custom->bindings.begin(), custom->bindings.end(), binding.text) != custom->bindings.end()) {
                report("HK2602", "`" + binding.text + "` is bound twice", binding.place, file_scope_);
            }
            custom->bindings.push_back(binding.text);
        }
        const bool bindings_fit = std::all_of(custom->bindings.begin(), custom->bindings.end(), [&](const std::string& name) {
            return std::find(tensors.begin(), tensors.end(), name) != tensors.end();
        });
        for (const std::string& tensor : tensors) {
            if (!bindings_fit || std::find(custom->bindings.begin(), custom->bindings.end(), tensor) != custom->bindings.end()) continue;
            report("HK2602", "`" + tensor + "` of `" + decl.name + "` has no binding", decl.name_place, file_scope_)
                .help("name every input and output under `bindings:`; the place in the list is the binding");
        }
        for (const Setting& push : decl.push) {
            if (!push.value) continue;
            check_op_names(*push.value, names);
            custom->push.push_back({push.name, 0, clone(*push.value), is_real(*push.value, reals)});
        }
        for (const CustomOpDecl::Spec& spec : decl.spec) {
            if (!spec.value) continue;
            check_op_names(*spec.value, names);
            custom->spec.push_back({"", spec.id, clone(*spec.value), is_real(*spec.value, reals)});
        }
        for (const ExprPtr& groups : decl.groups) {
            if (!groups) continue;
            check_op_names(*groups, names);
            custom->groups.push_back(clone(*groups));
        }
        custom->entry = std::move(entry);
        custom_ops_[decl.name] = std::move(custom);
    }
}

}  // namespace hekla::graph
