// SPDX-License-Identifier: MIT
#include "graph/static_check.hpp"

#include "base/did_you_mean.hpp"
#include "graph/parse.hpp"

#include <algorithm>
#include <array>

namespace hekla::graph {

namespace {

struct Function {
    std::string_view name;
    std::size_t least;
    std::size_t most;
};

constexpr std::array functions{
    Function{"len", 1, 1},  Function{"min", 1, 64}, Function{"max", 1, 64},   Function{"sqrt", 1, 1},  Function{"ceil_div", 2, 2}, Function{"reverse", 1, 1},
    Function{"has", 1, 1},  Function{"rows", 1, 1}, Function{"cols", 1, 1},   Function{"sizes", 1, 1}, Function{"count", 1, 1},    Function{"weight", 2, 2},
    Function{"nth", 2, 2},
};

const Function* find_function(std::string_view name) {
    const auto found = std::find_if(functions.begin(), functions.end(), [&](const Function& f) { return f.name == name; });
    return found == functions.end() ? nullptr : &*found;
}

std::string inputs_text(std::size_t count) { return std::to_string(count) + (count == 1 ? " input" : " inputs"); }

}  // namespace

Diagnostic& StaticCheck::report(std::string_view code, std::string message, Place place) {
    return checker_.report(code, std::move(message), place, checker_.file_scope_);
}

std::vector<std::string> StaticCheck::callables() const {
    std::vector<std::string> names;
    for (const BlockDecl& block : checker_.file_.blocks) names.push_back(block.name);
    for (const auto& op : checker_.custom_ops_) names.push_back(op.first);
    for (const auto& entry : checker_.catalogue_.entries()) {
        if (!entry->internal) names.push_back(entry->name);
    }
    for (const Function& function : functions) names.emplace_back(function.name);
    return names;
}

void StaticCheck::check_name(const Expr& expr, const Place_& where) {
    if (expr.text == "_") {
        if (where.previous) return;
        checker_.broken_.insert(&expr);
        report("HK2201", "`_` has no previous value here", expr.place)
            .help("`_` is the line above in a pipeline, or the last turn of a `repeat`");
        return;
    }
    if (where.names->contains(expr.text)) return;
    if (where.words != nullptr) {
        const auto& words = *where.words;
        if (std::find(words.begin(), words.end(), expr.text) != words.end()) return;
        checker_.broken_.insert(&expr);
        report("HK2112", "`" + expr.text + "` is not one of " + listed(words), expr.place).help(did_you_mean_help(expr.text, words));
        return;
    }
    checker_.broken_.insert(&expr);
    if (!undefined_.insert(expr.text).second) return;  // one complaint for all uses
    const std::vector<std::string> candidates(where.names->begin(), where.names->end());
    std::string help = did_you_mean_help(expr.text, candidates);
    if (where.outside != nullptr && where.outside->contains(expr.text)) {
        help = "a block sees params and dims only; hand it in through `in:`";
    }
    if (help.empty()) {
        help = "add it under `params:`, `dims:` or in this body, or pass --set " + expr.text + "=...";
    }
    report("HK2202", "`" + expr.text + "` is not defined", expr.place).help(help);
}

void StaticCheck::walk(const Expr& expr, const Place_& where) {
    if (expr.kind == Expr::Kind::name) {
        check_name(expr, where);
        return;
    }
    if (expr.kind == Expr::Kind::call) check_call(expr);
    Place_ inside = where;
    const bool chooses = expr.kind == Expr::Kind::conditional || expr.kind == Expr::Kind::list;
    if (!chooses) inside.words = nullptr;  // words stand alone, in lists, or in the branches of a condition
    for (std::size_t i = 0; i < expr.children.size(); ++i) {
        if (!expr.children[i]) continue;
        Place_ child = inside;
        if (expr.kind == Expr::Kind::conditional && i == 1) child.words = nullptr;
        walk(*expr.children[i], child);
    }
    for (const Expr::Argument& argument : expr.arguments) walk(argument.value, inside);
}

void StaticCheck::check_call(const Expr& call) {
    const Place name_place = call.text_place ? call.text_place : call.place;
    const auto block = checker_.blocks_.find(call.text);
    if (block != checker_.blocks_.end()) {
        check_block(*block->second, call);
    } else if (const ops::Entry* entry = checker_.find_op(call.text); entry != nullptr && !may_be_function(call)) {
        check_op(*entry, call);
    } else if (const Function* function = find_function(call.text)) {
        check_function(call, function->least, function->most);
    } else {
        checker_.broken_.insert(&call);
        if (!unknown_.insert(call.text).second) return;  // one complaint for all calls
        // An op of the file that had to be refused for its name may be what is meant.
        if (checker_.refused_op_) return;
        report("HK2302", "unknown op or block `" + call.text + "`", name_place).help(did_you_mean_help(call.text, callables()));
    }
}

void StaticCheck::check_function(const Expr& call, std::size_t least, std::size_t most) {
    for (const Expr::Argument& argument : call.arguments) {
        if (argument.name.empty()) continue;
        checker_.broken_.insert(&call);
        report("HK2304", "`" + call.text + "` has no setting `" + argument.name + "`", argument.name_place);
        return;
    }
    const std::size_t got = call.arguments.size();
    if (got >= least && got <= most) return;
    checker_.broken_.insert(&call);
    report("HK2303", "`" + call.text + "` takes " + inputs_text(got < least ? least : most) + ", got " + std::to_string(got), call.place);
}

bool StaticCheck::has_default(const ops::Entry& entry, const ops::AttributeSpec& attribute) const {
    if (attribute.default_value || attribute.kind == ops::AttributeKind::word) return true;
    const auto found = checker_.defaults_.find(entry.name);
    if (found == checker_.defaults_.end()) return false;
    return std::any_of(found->second->settings.begin(), found->second->settings.end(),
                       [&](const Setting& setting) { return setting.name == attribute.name; });
}

std::string StaticCheck::usage(const ops::Entry& entry) const {
    std::string text;
    const auto add = [&](const std::string& word) { text += (text.empty() ? "" : ", ") + word; };
    const auto called = [&](const std::string& name) { return std::find(entry.call.begin(), entry.call.end(), name) != entry.call.end(); };
    for (const std::string& name : entry.call) {
        const auto slot = entry.find_slot(name);
        const bool optional = name == "w" && entry.has_weights ? entry.weights_optional : slot && entry.slots[*slot].optional;
        add(name + (optional ? "?" : ""));
    }
    for (std::size_t i = 0; i < entry.input_count; ++i) {
        if (!called(entry.slots[i].name)) add(entry.slots[i].name + (entry.slots[i].optional ? "=none" : "="));
    }
    for (const ops::AttributeSpec& attribute : entry.attributes) {
        if (called(attribute.name)) continue;
        std::string value;
        if (attribute.default_value) {
            value = to_text(*attribute.default_value);
        } else if (!attribute.choices.empty()) {
            value = "'" + attribute.choices.front() + "'";
        }
        add(attribute.name + "=" + value);
    }
    return "usage: " + entry.name + "(" + text + ")";
}

void StaticCheck::check_op(const ops::Entry& entry, const Expr& call) {
    Names given;
    std::size_t positions = 0;
    for (const Expr::Argument& argument : call.arguments) {
        if (argument.name.empty()) {
            if (positions < entry.call.size()) given.insert(entry.call[positions]);
            ++positions;
            continue;
        }
        const auto slot = entry.find_slot(argument.name);
        const bool known = (slot && *slot < entry.input_count) || entry.find_attribute(argument.name) || (argument.name == "w" && entry.has_weights);
        if (!known) {
            std::vector<std::string> candidates;
            for (const ops::AttributeSpec& attribute : entry.attributes) candidates.push_back(attribute.name);
            for (std::size_t i = 0; i < entry.input_count; ++i) candidates.push_back(entry.slots[i].name);
            checker_.broken_.insert(&call);
            report("HK2304", "`" + entry.name + "` has no setting `" + argument.name + "`", argument.name_place)
                .help(did_you_mean_help(argument.name, candidates));
        } else if (!given.insert(argument.name).second) {
            checker_.broken_.insert(&call);
            report("HK2305", "`" + argument.name + "` of `" + entry.name + "` is given twice", argument.name_place);
        }
    }
    if (checker_.broken_.contains(&call)) return;

    std::string wanted;
    std::size_t least = 0;
    std::size_t got = positions;
    bool missing = false;
    for (std::size_t i = 0; i < entry.call.size(); ++i) {
        const std::string& name = entry.call[i];
        const auto slot = entry.find_slot(name);
        const auto attribute = entry.find_attribute(name);
        const bool optional = name == "w" && entry.has_weights ? entry.weights_optional
                              : slot                           ? entry.slots[*slot].optional
                                                               : attribute && has_default(entry, entry.attributes[*attribute]);
        wanted += (wanted.empty() ? "" : ", ") + name + (optional ? "?" : "");
        least += optional ? 0u : 1u;
        if (i >= positions && given.contains(name)) ++got;
        missing = missing || (!optional && !given.contains(name));
    }
    if (missing || positions > entry.call.size()) {
        checker_.broken_.insert(&call);
        const std::size_t most = entry.call.size();
        const std::string count = least == most ? inputs_text(most) : std::to_string(least) + " to " + inputs_text(most);
        report("HK2303", "`" + entry.name + "` takes " + count + " (" + wanted + "), got " + std::to_string(got), call.place).note(usage(entry));
        return;
    }
    for (std::size_t i = 0; i < entry.input_count; ++i) {
        const ops::Slot& slot = entry.slots[i];
        if (slot.optional || given.contains(slot.name)) continue;
        checker_.broken_.insert(&call);
        report("HK2306", "`" + entry.name + "` needs `" + slot.name + "=`", call.place);
    }
    for (const ops::AttributeSpec& attribute : entry.attributes) {
        if (given.contains(attribute.name) || has_default(entry, attribute)) continue;
        checker_.broken_.insert(&call);
        report("HK2306", "`" + entry.name + "` needs `" + attribute.name + "=`", call.place);
    }
}

void StaticCheck::check_block(const BlockDecl& block, const Expr& call) {
    std::string inputs;
    std::vector<std::string> names;
    for (const Port& port : block.inputs) {
        inputs += (inputs.empty() ? "" : ", ") + port.name;
        names.push_back(port.name);
    }
    Names given;
    std::size_t positions = 0;
    for (const Expr::Argument& argument : call.arguments) {
        if (argument.name.empty()) {
            if (positions < names.size()) given.insert(names[positions]);
            ++positions;
        } else if (std::find(names.begin(), names.end(), argument.name) == names.end()) {
            checker_.broken_.insert(&call);
            report("HK2304", "block `" + block.name + "` has no input `" + argument.name + "`", argument.name_place)
                .also(block.name_place, "defined here")
                .help(did_you_mean_help(argument.name, names));
            return;
        } else if (!given.insert(argument.name).second) {
            checker_.broken_.insert(&call);
            report("HK2305", "`" + argument.name + "` of block `" + block.name + "` is given twice", argument.name_place);
            return;
        }
    }
    if (positions > names.size()) {
        checker_.broken_.insert(&call);
        report("HK2303", "block `" + block.name + "` takes " + inputs_text(names.size()) + " (" + inputs + "), got " + std::to_string(positions),
               call.place)
            .also(block.name_place, "defined here");
        return;
    }
    for (const Port& port : block.inputs) {
        if (given.contains(port.name) || port.type.or_none || port.type.condition) continue;
        checker_.broken_.insert(&call);
        report("HK2306", "block `" + block.name + "` needs `" + port.name + "` (inputs: " + inputs + ")", call.place)
            .also(block.name_place, "defined here");
        return;
    }
}

void StaticCheck::check_type(const TypeExpr& type, const Place_& where, Names* binds) {
    if (type.condition) walk(*type.condition, where);
    if (type.fill) walk(*type.fill, where);
    bool broken = false;
    for (const ExprPtr& expr : type.sizes) {
        if (expr->kind == Expr::Kind::bind) {
            if (binds != nullptr) binds->insert(expr->text);
            continue;
        }
        const std::size_t before = checker_.broken_.size();
        walk(*expr, where);
        broken = broken || checker_.broken_.size() != before;
    }
    if (broken) checker_.broken_types_.insert(&type);
}

void StaticCheck::check_body(const std::vector<BodyItem>& body, const Names& names, const Names* outside) {
    const Place_ where{&names, outside, nullptr, false};
    for (const BodyItem& item : body) {
        walk(item.expression, where);
        for (std::size_t i = 0; i < item.lines.size(); ++i) {
            Place_ line = where;
            line.previous = i > 0;
            walk(item.lines[i], line);
        }
        if (!item.repeat) continue;
        walk(item.repeat->count, where);
        walk(item.repeat->from, where);
        Names inner = names;
        if (item.repeat->index) {
            const Word& index = *item.repeat->index;
            if (names.contains(index.text)) {
                report("HK1207", "`" + index.text + "` already names something here", index.place).help("give the index another name");
            }
            inner.insert(index.text);
        }
        walk(item.repeat->step, Place_{&inner, outside, nullptr, item.repeat->from != nullptr});
    }
}

void StaticCheck::check_defaults() {
    for (const DefaultsDecl& defaults : checker_.file_.defaults) {
        const ops::Entry* entry = checker_.find_op(defaults.op);
        if (entry == nullptr) {
            unknown_.insert(defaults.op);
            report("HK2302", "unknown op `" + defaults.op + "`", defaults.op_place).help(did_you_mean_help(defaults.op, callables()));
            continue;
        }
        for (const Setting& setting : defaults.settings) {
            const auto attribute = entry->find_attribute(setting.name);
            if (!attribute) {
                std::vector<std::string> candidates;
                for (const ops::AttributeSpec& spec : entry->attributes) candidates.push_back(spec.name);
                report("HK2304", "`" + entry->name + "` has no setting `" + setting.name + "`", setting.name_place)
                    .help(did_you_mean_help(setting.name, candidates));
                continue;
            }
            const ops::AttributeSpec& spec = entry->attributes[*attribute];
            walk(setting.value, Place_{&file_names_, nullptr, spec.kind == ops::AttributeKind::word ? &spec.choices : nullptr, false});
        }
    }
}

void StaticCheck::check_blocks() {
    Names outside{"w"};
    for (const StateDecl& state : checker_.file_.state) outside.insert(state.name);
    for (const EntryDecl& entry : checker_.file_.entries) {
        for (const Port& port : entry.inputs) outside.insert(port.name);
        for (const BodyItem& item : entry.graph) outside.insert(item.name);
    }
    for (const BlockDecl& block : checker_.file_.blocks) {
        Names names = file_names_;
        const auto define = [&](const std::string& name, Place place) {
            if (file_names_.contains(name)) {
                report("HK1207", "`" + name + "` already names a param or dim", place).help("choose another name");
            }
            names.insert(name);
        };
        // A size may use what an earlier input binds, and whole numbers given as inputs.
        Names before = file_names_;
        for (const Port& port : block.inputs) {
            Names binds;
            check_type(port.type, Place_{&before, &outside, nullptr, false}, &binds);
            before.insert(binds.begin(), binds.end());
            before.insert(port.name);
            names.insert(binds.begin(), binds.end());
            define(port.name, port.name_place);
        }
        for (const BodyItem& item : block.body) define(item.name, item.name_place);
        check_body(block.body, names, &outside);
        for (const BlockDecl::Field& field : block.out) walk(field.value, Place_{&names, &outside, nullptr, false});
    }
}

void StaticCheck::check_entries() {
    for (const EntryDecl& entry : checker_.file_.entries) {
        Names names = file_names_;
        names.insert("w");
        const auto define = [&](const std::string& name, Place place) {
            if (file_names_.contains(name)) {
                report("HK1207", "`" + name + "` already names a param or dim", place).help("choose another name");
            } else if (name == "w") {
                report("HK1207", "`w` already names the weights", place).help("choose another name");
            }
            if (!names.insert(name).second && name != "w" && !file_names_.contains(name)) {
                report("HK1204", "`" + name + "` is defined twice", place).help("a value is set once; give the second one another name");
            }
        };
        for (const StateDecl& state : checker_.file_.state) define(state.name, state.name_place);
        const Place_ types{&file_names_, nullptr, nullptr, false};
        for (const Port& port : entry.inputs) {
            check_type(port.type, types, nullptr);
            define(port.name, port.name_place);
        }
        std::vector<std::string> defined;
        for (const BodyItem& item : entry.graph) {
            define(item.name, item.name_place);
            defined.push_back(item.name);
        }
        check_body(entry.graph, names, nullptr);
        for (const Port& port : entry.outputs) {
            check_type(port.type, types, nullptr);
            const bool known = std::find(defined.begin(), defined.end(), port.name) != defined.end() ||
                               std::any_of(entry.inputs.begin(), entry.inputs.end(), [&](const Port& input) { return input.name == port.name; });
            if (!known) {
                report("HK2202", "output `" + port.name + "` is not defined in `graph:`", port.name_place).help(did_you_mean_help(port.name, defined));
            }
        }
    }
}

void StaticCheck::run() {
    const FileModel& file = checker_.file_;
    file_names_ = {"arch", "format"};
    for (const ParamDecl& param : file.params) {
        if (!file_names_.insert(param.name).second && (param.name == "arch" || param.name == "format")) {
            report("HK1207", "`" + param.name + "` is the reader's own name", param.name_place).help("choose another name");
        }
    }
    Names param_names = file_names_;
    param_names.insert("w");
    for (const ParamDecl& param : file.params) {
        std::vector<std::string> words;
        for (const Word& word : param.choice) words.push_back(word.text);
        walk(param.value, Place_{&param_names, nullptr, nullptr, false});
        walk(param.list, Place_{&param_names, nullptr, nullptr, false});
        walk(param.default_value, Place_{&param_names, nullptr, words.empty() ? nullptr : &words, false});
    }
    for (const DimDecl& dim : file.dims) {
        if (!file_names_.insert(dim.name).second) {
            report("HK1207", "`" + dim.name + "` already names a param", dim.name_place).help("choose another name");
        }
    }
    const Place_ where{&file_names_, nullptr, nullptr, false};
    for (const DimDecl& dim : file.dims) {
        for (const ExprPtr* expr : {&dim.max, &dim.multiple, &dim.state, &dim.next}) walk(*expr, where);
    }
    for (const PrecisionDecl::Keep& keep : file.precision.keep) {
        if (checker_.find_op(keep.op.text) != nullptr) continue;
        report("HK2302", "unknown op `" + keep.op.text + "`", keep.op.place).help(did_you_mean_help(keep.op.text, callables()));
    }
    check_defaults();
    for (const StateDecl& state : file.state) {
        walk(state.repeat, where);
        for (const Port& slot : state.slots) check_type(slot.type, where, nullptr);
    }
    check_blocks();
    check_entries();
}

}  // namespace hekla::graph
