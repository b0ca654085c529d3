// SPDX-License-Identifier: MIT
#include "graph/checker.hpp"

#include "base/did_you_mean.hpp"

namespace hekla::graph {

Diagnostic& Checker::report(std::string_view code, std::string message, Place place, const Scope& scope,
                            std::string label) {
    // One complaint per place: what fails in every turn, or for every caller, is one mistake.
    const std::string key = std::string(code) + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) +
                            (place ? std::string() : message);
    if (muted_ || !reported_.insert(key).second) {
        spare_ = {};
        return spare_;
    }
    Diagnostic& diagnostic = diagnostics_.error(file_.source, code, std::move(message), place, std::move(label));
    const TrailStep* turn = nullptr;
    for (const Scope* s = &scope; s != nullptr && turn == nullptr; s = s->parent) turn = s->turn;
    if (turn != nullptr) diagnostic.via(*turn);
    for (const Frame* frame = scope.frame; frame != nullptr; frame = frame->caller) diagnostic.via(frame->step);
    return diagnostic;
}

Diagnostic& Checker::report(const Complaint& complaint, Place place, const Scope& scope) {
    Diagnostic& diagnostic = report(complaint.code, complaint.message, place, scope);
    if (!complaint.help.empty()) diagnostic.help(complaint.help);
    return diagnostic;
}

Place Checker::definition_of(const Expr* operand, Scope& scope, std::string& name) {
    if (operand == nullptr || operand->kind != Expr::Kind::name || operand->text == "_") return {};
    const Scope::Name* found = find(scope, operand->text);
    if (found == nullptr) return {};
    name = operand->text;
    return found->place;
}

void Checker::show_operand(Diagnostic& diagnostic, const Expr* operand, Scope& scope, const Item& item) {
    std::string name;
    const Place place = definition_of(operand, scope, name);
    if (!place || !item.is_tensor()) return;
    diagnostic.also(place, "`" + name + "` is " + text(type_of(as_tensor(item))));
}

std::string Checker::explained(const Dim& dim) {
    std::string result = text(dim);
    if (!dim.is_constant()) return result;
    std::string names;
    for (const ParamDecl& decl : file_.params) {
        const auto found = file_scope_.names.find(decl.name);
        if (found == file_scope_.names.end()) continue;
        const Item& item = found->second.item;
        if (item.is_constant() && item.dim == dim) names += (names.empty() ? "" : ", ") + decl.name;
    }
    return names.empty() ? result : result + " (" + names + ")";
}

Scope::Name* Checker::find(Scope& scope, std::string_view name, Scope** owner) {
    for (Scope* s = &scope; s != nullptr; s = s->parent) {
        const auto found = s->names.find(name);
        if (found != s->names.end()) {
            if (owner != nullptr) *owner = s;
            return &found->second;
        }
    }
    return nullptr;
}

Item Checker::lookup(const Expr& name, Scope& scope) {
    if (broken_.contains(&name)) return {};
    if (name.text == "_") {
        for (Scope* s = &scope; s != nullptr; s = s->parent) {
            if (s->previous != nullptr) return *s->previous;
        }
        report("HK2201", "`_` has no previous value here", name.place, scope)
            .help("`_` is the line above in a pipeline, or the last turn of a `repeat`");
        return {};
    }
    Scope* owner = nullptr;
    Scope::Name* found = find(scope, name.text, &owner);
    if (found == nullptr) {
        for (Scope* s = &scope; s != nullptr; s = s->parent) {
            if (s->words) return Item::of_string(name.text);
        }
        std::vector<std::string> candidates;
        for (const Scope* s = &scope; s != nullptr; s = s->parent) {
            for (const auto& entry : s->names) candidates.push_back(entry.first);
        }
        report("HK2202", "`" + name.text + "` is not defined", name.place, scope)
            .help(did_you_mean_help(name.text, candidates));
        return {};
    }
    return force(*found, name.text, *owner, name.place, scope);
}

Item Checker::force(Scope::Name& name, std::string_view spelling, Scope& owner, Place asked_at, const Scope& asker) {
    if (name.state == Scope::Name::State::ready) return name.item;
    if (name.state == Scope::Name::State::active) {
        Diagnostic& diagnostic = report("HK2209", "`" + std::string(spelling) + "` depends on itself", asked_at, asker);
        diagnostic.also(name.place, "defined here")
            .help(name.param != nullptr ? "params may not depend on each other in a circle"
                                        : "a graph has no loops; carry a value between runs with `state:`");
        return {};
    }
    name.state = Scope::Name::State::active;
    Item item = name.param != nullptr ? param_value(*name.param) : define(*name.body, owner);
    name.item = item;
    name.state = Scope::Name::State::ready;
    return item;
}

}  // namespace hekla::graph
