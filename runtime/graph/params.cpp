// SPDX-License-Identifier: MIT
#include "graph/checker.hpp"

#include "base/did_you_mean.hpp"
#include "graph/parse.hpp"

#include <algorithm>

namespace hekla::graph {

std::string listed(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

std::string listed_or(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        text += (i == 0 ? "`" : i + 1 == words.size() ? " or `" : ", `") + words[i] + "`";
    }
    return text;
}

namespace {

std::vector<std::string> texts(const std::vector<Word>& words) {
    std::vector<std::string> result;
    for (const Word& word : words) result.push_back(word.text);
    return result;
}

/// Places in another text mean nothing in the graph file.
void forget_places(Expr& expr) {
    expr.place = {};
    expr.text_place = {};
    for (const ExprPtr& child : expr.children) {
        if (child) forget_places(*child);
    }
    for (const Expr::Argument& argument : expr.arguments) {
        if (argument.value) forget_places(*argument.value);
    }
}

std::string keys_text(const ParamDecl& decl) {
    std::string keys;
    for (const Word& key : decl.from) keys += (keys.empty() ? "`" : ", `") + key.text + "`";
    return keys;
}

}  // namespace

bool Checker::open_checkpoint() {
    const weights::Checkpoint* checkpoint = options_.checkpoint;
    if (!file_.serves.empty()) architecture_ = file_.serves.front().text;
    if (checkpoint == nullptr) return true;
    has_file_ = !checkpoint->tensors().empty();
    format_ = checkpoint->format();
    const std::string name(checkpoint->architecture());
    if (name.empty()) return true;
    if (!file_.serves.empty() && !serves(file_, name)) {
        report("HK2401", "this graph serves " + listed(texts(file_.serves)) + "; the checkpoint is `" + name + "`",
               file_.serves.front().place, file_scope_)
            .help("use the graph file of that architecture");
        return false;
    }
    architecture_ = name;
    return true;
}

void Checker::declare_params() {
    file_scope_.names["arch"] = {Scope::Name::State::ready, Item::of_string(architecture_), nullptr, nullptr, {}};
    file_scope_.names["format"] = {Scope::Name::State::ready, Item::of_string(format_), nullptr, nullptr, {}};
    for (const ParamDecl& decl : file_.params) {
        file_scope_.names[decl.name] = {Scope::Name::State::pending, {}, nullptr, &decl, decl.name_place};
    }
    root_scope_.parent = &file_scope_;
    root_scope_.names["w"] = {Scope::Name::State::ready, Item::of_weights(""), nullptr, nullptr, {}};
    override_params();
}

Item Checker::override_value(const ParamDecl& decl) {
    const Override& given = overrides_.find(decl.name)->second;
    const bool word = std::any_of(decl.choice.begin(), decl.choice.end(), [&](const Word& choice) { return choice.text == given.text; });
    Item item;
    if (word) {
        item = Item::of_string(given.text);
    } else if (given.expr != nullptr) {
        Scope scope;
        scope.parent = &root_scope_;
        scope.words = given.words;
        item = evaluate(*given.expr, scope);
    }
    item = fit_list(decl, std::move(item), given.place);
    const std::size_t errors = diagnostics_.error_count();
    check_choice(decl, item, given.place);
    return diagnostics_.error_count() != errors ? Item() : item;
}

void Checker::override_params() {
    const auto find_decl = [&](std::string_view name) -> const ParamDecl* {
        for (const ParamDecl& decl : file_.params) {
            if (decl.name == name) return &decl;
        }
        return nullptr;
    };
    std::vector<std::string> names;
    for (const ParamDecl& decl : file_.params) names.push_back(decl.name);

    const VariantDecl* variant = nullptr;
    for (const VariantDecl& candidate : file_.weights.variants) {
        if (candidate.name == options_.variant) variant = &candidate;
        for (const Setting& setting : candidate.set) {
            if (find_decl(setting.name) == nullptr) {
                report("HK2202", "no param `" + setting.name + "`", setting.name_place, file_scope_)
                    .help(did_you_mean_help(setting.name, names));
            }
        }
    }
    if (!options_.variant.empty() && variant == nullptr) {
        std::vector<std::string> variants;
        for (const VariantDecl& candidate : file_.weights.variants) variants.push_back(candidate.name);
        if (!muted_) {
            diagnostics_.error(nullptr, "HK2202", "no variant `" + options_.variant + "` in " + file_.source->name())
                .help(variants.empty() ? "this file has no variants" : "it has " + listed(variants));
        }
    }
    // Authority: --set, then the variant, then the checkpoint, then the default.
    if (variant != nullptr) {
        for (const Setting& setting : variant->set) {
            const ParamDecl* decl = find_decl(setting.name);
            if (decl == nullptr) continue;
            overrides_[setting.name] = {setting.text.text, setting.value.get(), nullptr, setting.text.place, !decl->choice.empty()};
        }
    }
    for (const auto& [name, value] : options_.set) {
        const ParamDecl* decl = find_decl(name);
        if (decl == nullptr) {
            if (!muted_) {
                diagnostics_.error(nullptr, "HK2202", "no param `" + name + "` in " + file_.source->name()).help(did_you_mean_help(name, names));
            }
            continue;
        }
        Override& given = overrides_[name];
        given = {value, nullptr, nullptr, {}, true};
        const bool word = std::any_of(decl->choice.begin(), decl->choice.end(), [&](const Word& choice) { return choice.text == value; });
        if (word) continue;
        given.owned = parse_expression("--set " + name, value, diagnostics_, options_.limits);
        if (given.owned) forget_places(*given.owned);
        given.expr = given.owned.get();
    }
}

Item Checker::config_item(const weights::ConfigValue& value) const {
    if (const bool* flag = std::get_if<bool>(&value.value)) return Item::of_bool(*flag);
    if (const auto* number = std::get_if<std::int64_t>(&value.value)) return Item::of(Dim(*number));
    if (const double* number = std::get_if<double>(&value.value)) return Item::of_real(*number);
    if (const auto* text = std::get_if<std::string>(&value.value)) return Item::of_string(*text);
    if (const auto* list = std::get_if<std::shared_ptr<const weights::ConfigValue::List>>(&value.value)) {
        std::vector<Item> members;
        if (*list) {
            for (const weights::ConfigValue& member : **list) members.push_back(config_item(member));
        }
        return Item::of_list(std::move(members));
    }
    return Item::absent("none");
}

void Checker::check_choice(const ParamDecl& decl, const Item& item, Place place) {
    if (decl.choice.empty() || item.is(Item::Kind::poison)) return;
    if (item.is(Item::Kind::list)) {
        for (const Item& member : *item.members) check_choice(decl, member, place);
        return;
    }
    const std::vector<std::string> words = texts(decl.choice);
    const std::string value = value_text(item, symbols_);
    if (item.is(Item::Kind::string) && std::find(words.begin(), words.end(), value) != words.end()) return;
    report("HK2112", "`" + value + "` is not one of " + listed(words), place, file_scope_)
        .help(did_you_mean_help(value, words));
}

Item Checker::fit_list(const ParamDecl& decl, Item item, Place place) {
    if (!decl.list || item.is(Item::Kind::poison)) return item;
    const auto count = whole_number(*decl.list, root_scope_, "list");
    if (!count) return {};
    if (*count < 0 || *count > options_.limits.max_repeat) {
        report("HK3003", "`list: " + std::to_string(*count) + "` is over the limit of " +
                             std::to_string(options_.limits.max_repeat),
               decl.list->place, file_scope_);
        return {};
    }
    if (!item.is(Item::Kind::list)) return Item::of_list(std::vector<Item>(static_cast<std::size_t>(*count), item));
    if (static_cast<std::int64_t>(item.members->size()) != *count) {
        report("HK2407",
               "`" + decl.name + "` has " + std::to_string(item.members->size()) + " values, needed are " +
                   std::to_string(*count),
               place, file_scope_);
        return {};
    }
    return item;
}

Item Checker::default_of(const ParamDecl& decl) {
    if (decl.default_value) {
        Scope scope;
        scope.parent = &root_scope_;
        scope.words = !decl.choice.empty();
        Item item = fit_list(decl, evaluate(*decl.default_value, scope), decl.default_value->place);
        const std::size_t errors = diagnostics_.error_count();
        check_choice(decl, item, decl.default_value->place);
        return diagnostics_.error_count() != errors ? Item() : item;
    }
    if (!decl.choice.empty()) return fit_list(decl, Item::of_string(decl.choice.front().text), decl.place);
    report("HK2406", "`" + decl.name + "` has no value", decl.name_place, file_scope_)
        .help(decl.from.empty() ? "pass --set " + decl.name + "=..."
                                : "the checkpoint has none of " + keys_text(decl) + "; pass --set " + decl.name +
                                      "=..., or give it a `default:`");
    return {};
}

Item Checker::param_value(const ParamDecl& decl) {
    if (overrides_.contains(decl.name)) return override_value(decl);
    if (decl.value) {
        // a bare expression may stand for a word nowhere, so names are names
        Naming* outer = naming_;
        naming_ = nullptr;
        Item item = evaluate(*decl.value, root_scope_);
        naming_ = outer;
        return item;
    }
    if (options_.checkpoint != nullptr) {
        for (const Word& key : decl.from) {
            const auto found = options_.checkpoint->config(key.text);
            if (!found) continue;
            Item item = config_item(*found);
            if (item.is(Item::Kind::absent)) continue;
            item = fit_list(decl, std::move(item), key.place);
            if (decl.choice.empty() || item.is(Item::Kind::poison)) return item;
            const std::vector<std::string> words = texts(decl.choice);
            const std::vector<Item> single{item};
            for (const Item& member : item.is(Item::Kind::list) ? *item.members : single) {
                const std::string value = value_text(member, symbols_);
                if (std::find(words.begin(), words.end(), value) != words.end()) continue;
                report("HK2112", "`" + key.text + ": " + value + "` in the checkpoint is not one of " + listed(words),
                       key.place, file_scope_);
                return {};
            }
            return item;
        }
    }
    return default_of(decl);
}

void Checker::check_expectations() {
    if (options_.checkpoint == nullptr) return;
    for (const ExpectDecl& expect : file_.expects) {
        const auto found = options_.checkpoint->config(expect.key.text);
        if (!found || !expect.value) continue;
        const Item has = config_item(*found);
        if (has.is(Item::Kind::absent)) continue;
        const Item wants = evaluate(*expect.value, file_scope_);
        if (wants.is(Item::Kind::poison)) continue;
        bool same = false;
        try {
            same = has.kind == wants.kind || (has.is_number() && wants.is_number())
                       ? apply_binary("==", has, wants, symbols_).boolean
                       : has.is(Item::Kind::string) && wants.is(Item::Kind::absent) && has.text == "none";
        } catch (const Complaint&) {
            same = false;
        }
        if (same) continue;
        report("HK2402",
               "`" + expect.key.text + ": " + value_text(has, symbols_) +
                   "` in the checkpoint; this graph is right only for " + value_text(wants, symbols_),
               expect.key.place, file_scope_)
            .help("the result would be wrong; use a graph file that knows this setting");
    }
}

void Checker::declare_dims() {
    for (const DimDecl& decl : file_.dims) {
        Symbol symbol;
        symbol.name = decl.name;
        symbol.place = decl.name_place;
        symbol.is_state = decl.state != nullptr;
        const auto id = static_cast<std::uint32_t>(graph_.symbols.size());
        graph_.symbols.push_back(symbol);
        symbols_.names.push_back(decl.name);
        symbols_.multiples.push_back(1);
        file_scope_.names[decl.name] = {Scope::Name::State::ready, Item::of(Dim::symbol(id)), nullptr, nullptr, decl.name_place};
    }
    for (std::size_t i = 0; i < file_.dims.size(); ++i) {
        const DimDecl& decl = file_.dims[i];
        Symbol& symbol = graph_.symbols[i];
        const auto number = [&](const ExprPtr& expr, std::string_view what, std::int64_t least, std::int64_t& target) {
            if (!expr) return;
            const auto value = whole_number(*expr, file_scope_, what);
            if (!value) return;
            if (*value < least) {
                report("HK2107", "`" + std::string(what) + ": " + std::to_string(*value) + "` of dim `" + decl.name + "` must be at least " +
                                     std::to_string(least),
                       expr->place, file_scope_);
                return;
            }
            target = *value;
        };
        number(decl.max, "max", 1, symbol.max);
        number(decl.multiple, "multiple", 1, symbol.multiple);
        number(decl.state, "state", 0, symbol.start);
        symbols_.multiples[i] = symbol.multiple;
    }
    for (std::size_t i = 0; i < file_.dims.size(); ++i) {
        const DimDecl& decl = file_.dims[i];
        if (!decl.next) continue;
        const auto next = size(*decl.next, file_scope_);
        if (next) graph_.symbols[i].next = *next;
    }
}

}  // namespace hekla::graph
