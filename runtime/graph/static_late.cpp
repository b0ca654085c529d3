// SPDX-License-Identifier: MIT
#include "graph/static_check.hpp"

#include "base/did_you_mean.hpp"
#include "graph/parse.hpp"

#include <algorithm>
#include <functional>

namespace hekla::graph {

namespace {

void visit(const Expr& expr, const std::function<void(const Expr&)>& action) {
    action(expr);
    for (const ExprPtr& child : expr.children) {
        if (child) visit(*child, action);
    }
    for (const Expr::Argument& argument : expr.arguments) {
        if (argument.value) visit(*argument.value, action);
    }
}

void visit(const BodyItem& item, const std::function<void(const Expr&)>& action) {
    if (item.expression) visit(*item.expression, action);
    for (const ExprPtr& line : item.lines) visit(*line, action);
    if (!item.repeat) return;
    for (const ExprPtr* expr : {&item.repeat->count, &item.repeat->from, &item.repeat->step}) {
        if (*expr) visit(**expr, action);
    }
}

}  // namespace

/// Values of a body that depend on themselves, looked for in the order in which expanding would meet them.
void StaticCheck::find_circles(const std::vector<BodyItem>& body, const std::vector<const Expr*>& roots) {
    enum class Mark : std::uint8_t { unseen, active, done };
    std::map<std::string, std::pair<const BodyItem*, Mark>, std::less<>> items;
    for (const BodyItem& item : body) items[item.name] = {&item, Mark::unseen};
    std::function<void(const Expr&)> follow = [&](const Expr& expr) {
        if (expr.kind != Expr::Kind::name) return;
        const auto found = items.find(expr.text);
        if (found == items.end() || found->second.second == Mark::done) return;
        const BodyItem& item = *found->second.first;
        if (found->second.second == Mark::active) {
            report("HK2209", "`" + expr.text + "` depends on itself", expr.place)
                .also(item.name_place, "defined here")
                .help("a graph has no loops; carry a value between runs with `state:`");
            return;
        }
        found->second.second = Mark::active;
        visit(item, follow);
        found->second.second = Mark::done;
    };
    for (const Expr* root : roots) visit(*root, follow);
    for (const BodyItem& item : body) {
        auto& entry = items[item.name];
        if (entry.second != Mark::unseen) continue;
        entry.second = Mark::active;
        visit(item, follow);
        entry.second = Mark::done;
    }
}

void StaticCheck::find_recursion(const BlockDecl& block, std::vector<const BlockDecl*>& path) {
    if (!visited_.insert(&block).second) return;
    path.push_back(&block);
    const auto action = [&](const Expr& expr) {
        if (expr.kind != Expr::Kind::call) return;
        const auto called = checker_.blocks_.find(expr.text);
        if (called == checker_.blocks_.end()) return;
        const auto start = std::find(path.begin(), path.end(), called->second);
        if (start == path.end()) {
            find_recursion(*called->second, path);
            return;
        }
        const bool told = std::any_of(start, path.end(), [&](const BlockDecl* b) { return checker_.recursive_.contains(b); });
        if (told) return;
        std::string chain;
        for (auto b = start; b != path.end(); ++b) {
            chain += (*b)->name + " -> ";
            checker_.recursive_.insert(*b);
        }
        report("HK2307", "block `" + expr.text + "` contains itself: " + chain + expr.text, expr.place).help("blocks cannot recurse; use `repeat:`");
    };
    for (const BodyItem& item : block.body) visit(item, action);
    for (const BlockDecl::Field& field : block.out) {
        if (field.value) visit(*field.value, action);
    }
    path.pop_back();
}

void StaticCheck::find_shadows() {
    for (const BlockDecl& block : checker_.file_.blocks) {
        Names bound;
        for (const Port& port : block.inputs) {
            for (const ExprPtr& expr : port.type.sizes) {
                if (expr->kind != Expr::Kind::bind) continue;
                const auto known = checker_.file_scope_.names.find(expr->text);
                std::string message;
                if (known != checker_.file_scope_.names.end()) {
                    message = std::string("` already names a ") + (known->second.param == nullptr ? "dim" : "param");
                } else if (!bound.insert(expr->text).second) {
                    message = "` is already named in block `" + block.name + "`";
                } else {
                    continue;
                }
                report("HK1207", "`?" + expr->text + message, expr->text_place ? expr->text_place : expr->place)
                    .help("drop the `?` to mean that one, or choose another letter");
            }
        }
    }
}

void StaticCheck::find_wrong_words(const Expr& expr) {
    if (expr.kind != Expr::Kind::call || checker_.blocks_.contains(expr.text)) return;
    const ops::Entry* entry = checker_.find_op(expr.text);
    if (entry == nullptr) return;
    for (const Expr::Argument& argument : expr.arguments) {
        const auto attribute = entry->find_attribute(argument.name);
        if (!attribute || argument.value->kind != Expr::Kind::string) continue;
        const ops::AttributeSpec& spec = entry->attributes[*attribute];
        if (spec.kind != ops::AttributeKind::word) continue;
        const std::string& word = argument.value->text;
        if (std::find(spec.choices.begin(), spec.choices.end(), word) != spec.choices.end()) continue;
        report("HK2112", entry->name + ": " + spec.name + " must be " + listed_or(spec.choices) + ", got `" + word + "`", expr.place)
            .help(did_you_mean_help(word, spec.choices));
    }
}

void StaticCheck::run_late() {
    const FileModel& file = checker_.file_;
    find_shadows();
    std::vector<const BlockDecl*> path;
    for (const BlockDecl& block : file.blocks) find_recursion(block, path);
    const auto words = [this](const Expr& expr) { find_wrong_words(expr); };
    for (const BlockDecl& block : file.blocks) {
        std::vector<const Expr*> roots;
        for (const BlockDecl::Field& field : block.out) {
            if (field.value) roots.push_back(field.value.get());
        }
        find_circles(block.body, roots);
        for (const BodyItem& item : block.body) visit(item, words);
        for (const Expr* root : roots) visit(*root, words);
    }
    for (const EntryDecl& entry : file.entries) {
        // outputs come first, as in expanding
        std::vector<Expr> outputs(entry.outputs.size());
        std::vector<const Expr*> roots;
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            outputs[i].kind = Expr::Kind::name;
            outputs[i].text = entry.outputs[i].name;
            outputs[i].place = entry.outputs[i].name_place;
            roots.push_back(&outputs[i]);
        }
        find_circles(entry.graph, roots);
        for (const BodyItem& item : entry.graph) visit(item, words);
    }
}

}  // namespace hekla::graph
