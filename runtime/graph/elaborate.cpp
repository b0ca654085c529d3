// SPDX-License-Identifier: MIT
#include "graph/checker.hpp"

#include "base/did_you_mean.hpp"
#include "graph/parse.hpp"

#include <algorithm>

namespace hekla::graph {

bool Checker::work(const Scope& scope, Place place) {
    if (stopped_) return false;
    if (++work_ <= options_.limits.max_graph_nodes) return true;
    report("HK3005", "the graph expands to more than " + std::to_string(options_.limits.max_graph_nodes) + " nodes", place, scope)
        .help("the limit is the host's; a file of this size is usually a mistake in a `repeat:`");
    stopped_ = true;
    return false;
}

Item Checker::define(const BodyItem& body, Scope& scope) {
    Naming naming{scope.prefix + body.name, body.expression.get(), {}};
    Naming* outer = naming_;
    naming_ = &naming;
    Item item;
    switch (body.kind) {
        case BodyItem::Kind::expression: item = evaluate(*body.expression, scope); break;
        case BodyItem::Kind::pipeline: item = pipeline(body, scope); break;
        case BodyItem::Kind::repeat: item = repeat(body, scope); break;
    }
    naming_ = outer;
    const bool last_turn = body.kind == BodyItem::Kind::repeat && !body.repeat->collect;
    name_result(scope.prefix + body.name, item, last_turn);
    return item;
}

Item Checker::pipeline(const BodyItem& body, Scope& scope) {
    Item previous;
    for (std::size_t i = 0; i < body.lines.size(); ++i) {
        Scope line;
        line.parent = &scope;
        line.frame = scope.frame;
        line.previous = i == 0 ? nullptr : &previous;
        Naming naming{scope.prefix + body.name + "." + std::to_string(i), body.lines[i].get(), {}};
        Naming* outer = naming_;
        naming_ = &naming;
        Item item = evaluate(*body.lines[i], line);
        naming_ = outer;
        name_result(naming.path, item, false);
        previous = std::move(item);
    }
    return previous;
}

Item Checker::repeat(const BodyItem& body, Scope& scope) {
    const RepeatDecl& decl = *body.repeat;
    const std::string path = scope.prefix + body.name;
    const auto count = whole_number(*decl.count, scope, "repeat");
    Naming from_naming{path + ".from", decl.from.get(), {}};
    naming_ = &from_naming;
    Item from = decl.from ? evaluate(*decl.from, scope) : Item();
    name_result(from_naming.path, from, false);
    if (!count) return {};
    if (*count < 0 || *count > options_.limits.max_repeat) {
        const std::string shown = "`repeat: " + std::to_string(*count) + "`";
        if (*count < 0) {
            report("HK2107", shown + " cannot be negative", decl.count->place, scope);
        } else {
            report("HK3003", shown + " is over the limit of " + std::to_string(options_.limits.max_repeat), decl.count->place, scope)
                .help("raise it with --max-repeat if this is meant");
        }
        return {};
    }
    if (decl.from && from.is(Item::Kind::poison)) return {};

    TrailStep step;
    step.repeat = body.name;
    step.index = decl.index ? decl.index->text : "";
    step.turns = *count;
    step.place = decl.step->place;
    Item previous = from;
    Item result = from;
    std::vector<Item> all;
    std::size_t collected = 1;
    for (std::int64_t turn = 0; turn < *count; ++turn) {
        if (!work(scope, decl.step->place)) return {};
        step.turn = turn;
        Scope inner;
        inner.parent = &scope;
        inner.frame = scope.frame;
        inner.turn = &step;
        inner.previous = decl.from ? &previous : nullptr;
        inner.first = decl.from ? &from : nullptr;
        inner.step_place = decl.step->place;
        if (decl.index) {
            inner.names[decl.index->text] = {Scope::Name::State::ready, Item::of(Dim(turn)), nullptr, nullptr, decl.index->place};
        }
        Naming naming{path + "[" + std::to_string(turn) + "]", decl.step.get(), {}};
        naming_ = &naming;
        result = evaluate(*decl.step, inner);
        name_result(naming.path, result, false);
        if (result.is(Item::Kind::poison)) return {};
        if (decl.carry) {
            if (!result.is(Item::Kind::record)) {
                report("HK2503", "`carry: " + decl.carry->text + "` names a field, but the step gives " + describe(result, symbols_),
                       decl.carry->place, scope);
                return {};
            }
            const Item* next = result.find(decl.carry->text);
            if (next == nullptr) {
                std::vector<std::string> fields;
                for (const auto& field : *result.fields) fields.push_back(field.first);
                report("HK2204", "no output `" + decl.carry->text + "`; this has " + listed(fields), decl.carry->place, scope)
                    .help(did_you_mean_help(decl.carry->text, fields));
                return {};
            }
            previous = *next;
        } else {
            if (decl.from && result.is(Item::Kind::record) && turn + 1 < *count) {
                // A record goes on whole if it began as one of the same fields.
                bool same = from.is(Item::Kind::record) && from.fields->size() == result.fields->size();
                for (std::size_t i = 0; same && i < result.fields->size(); ++i) same = from.find((*result.fields)[i].first) != nullptr;
                if (!same) {
                    report("HK2503",
                           "the step gives " + describe(result, symbols_) + ": say which one goes on, `carry: " +
                               (*result.fields)[0].first + "`",
                           decl.step->place, scope);
                    return {};
                }
            }
            previous = result;
        }
        if (decl.collect) {
            collected += result.size;
            all.push_back(result);
            if (collected > 65536) {
                report("HK3006", "this repeat collects more than 65536 values", decl.step->place, scope);
                return {};
            }
        }
    }
    return decl.collect ? Item::of_list(std::move(all)) : result;
}

Item Checker::call_block(const BlockDecl& block, const Expr& call, Scope& scope) {
    for (const Frame* frame = scope.frame; frame != nullptr; frame = frame->caller) {
        if (frame->block != &block) continue;
        std::string chain = block.name;
        for (const Frame* f = scope.frame; f != nullptr; f = f->caller) {
            chain = f->block->name + " -> " + chain;
            recursive_.insert(f->block);
            if (f->block == &block) break;
        }
        report("HK2307", "block `" + block.name + "` contains itself: " + chain, call.place, scope)
            .help("blocks cannot recurse; use `repeat:`");
        return {};
    }
    const std::size_t depth = scope.frame != nullptr ? scope.frame->depth + 1 : 1;
    if (depth > options_.limits.max_block_depth) {
        report("HK3004", "blocks are nested deeper than " + std::to_string(options_.limits.max_block_depth), call.place, scope);
        return {};
    }
    if (!work(scope, call.place)) return {};

    const bool direct = naming_ != nullptr && naming_->root == &call;
    std::string path = naming_ != nullptr ? naming_->path : std::string();
    if (!direct) {
        path += (path.empty() ? "" : ".") + block.name;
        if (naming_ != nullptr) {
            if (const int before = naming_->blocks[block.name]++; before > 0) path += "~" + std::to_string(before + 1);
        }
    }

    std::vector<Given> inputs(block.inputs.size());
    bool poisoned = false;
    std::size_t position = 0;
    for (const Expr::Argument& argument : call.arguments) {
        std::size_t index = position;
        if (argument.name.empty()) {
            ++position;
        } else {
            index = static_cast<std::size_t>(std::find_if(block.inputs.begin(), block.inputs.end(),
                                                          [&](const Port& port) { return port.name == argument.name; }) -
                                             block.inputs.begin());
        }
        if (index >= inputs.size()) return {};  // told by the static pass
        Given& given = inputs[index];
        given.expr = argument.value.get();
        given.place = argument.value->place;
        given.item = evaluate(*argument.value, scope);
        given.present = true;
        poisoned = poisoned || given.item.is(Item::Kind::poison);
    }
    if (poisoned || stopped_) return {};

    Frame frame;
    frame.block = &block;
    frame.caller = scope.frame;
    frame.depth = depth;
    frame.step.block = block.name;
    frame.step.place = call.place;
    for (const Scope* s = &scope; s != nullptr; s = s->parent) {
        if (s->turn == nullptr) continue;
        frame.step.repeat = s->turn->repeat;
        frame.step.index = s->turn->index;
        frame.step.turn = s->turn->turn;
        frame.step.turns = s->turn->turns;
        break;
    }
    Scope inner;
    inner.parent = &file_scope_;
    inner.frame = scope.frame;  // while inputs are matched, complaints are the caller's
    inner.prefix = path + ".";
    bool fits = true;
    for (std::size_t i = 0; i < inputs.size(); ++i) fits = bind_input(block, block.inputs[i], inputs[i], inner, scope, call) && fits;
    if (!fits) return {};
    inner.frame = &frame;
    for (const BodyItem& item : block.body) {
        inner.names[item.name] = {Scope::Name::State::pending, {}, &item, nullptr, item.name_place};
    }

    Naming* outer = naming_;
    const auto field_value = [&](const BlockDecl::Field& field, std::string field_path) {
        Naming naming{std::move(field_path), field.value.get(), {}};
        naming_ = &naming;
        Item item = evaluate(*field.value, inner);
        naming_ = outer;
        return item;
    };
    Item result;
    if (block.out_is_record) {
        std::vector<Item::Field> fields;
        for (const BlockDecl::Field& field : block.out) fields.emplace_back(field.name, field_value(field, path + "." + field.name));
        result = Item::of_record(std::move(fields));
    } else if (!block.out.empty()) {
        result = field_value(block.out.front(), path);
    }
    for (const BodyItem& item : block.body) {
        if (stopped_) return {};
        force(inner.names[item.name], item.name, inner, item.name_place, inner);
    }
    name_result(path, result, false);
    return result;
}

bool Checker::bind_input(const BlockDecl& block, const Port& port, const Given& given, Scope& inner, Scope& caller, const Expr& call) {
    const TypeExpr& type = port.type;
    const auto put = [&](Item item) {
        inner.names[port.name] = {Scope::Name::State::ready, std::move(item), nullptr, nullptr, port.name_place};
        return true;
    };
    if (!given.present || given.item.is(Item::Kind::absent)) {
        if (type.or_none) return put(Item::absent(given.present ? given.item.text : "input `" + port.name + "` is given"));
        if (type.condition) {
            const auto wanted = condition(*type.condition, inner);
            if (!wanted) return false;
            if (!*wanted) return put(Item::absent("`" + to_text(*type.condition) + "`"));
        }
        if (!given.present) {
            report("HK2306", "block `" + block.name + "` needs `" + port.name + "`", call.place, caller).also(block.name_place, "defined here");
        } else {
            report("HK2205",
                   "input `" + port.name + "` of block `" + block.name + "` must be given, but this value is there only if " + given.item.text,
                   given.place, caller)
                .also(port.name_place, "declared here")
                .help("`or none` after the type of an input lets it be left out");
        }
        return false;
    }
    const Item& item = given.item;
    if (type.is_tensor) return bind_tensor(block, port, given, inner, caller);
    bool fits = false;
    std::string wanted = type.name;
    if (type.name == "weights") {
        fits = item.is(Item::Kind::weights);
        wanted = "weights";
    } else if (type.name == "state") {
        // a slot, or a record or list of them
        const Item* leaf = &item;
        while ((leaf->is(Item::Kind::record) && !leaf->fields->empty()) || (leaf->is(Item::Kind::list) && !leaf->members->empty())) {
            leaf = leaf->is(Item::Kind::record) ? &leaf->fields->front().second : &leaf->members->front();
        }
        if (leaf->is(Item::Kind::poison)) return false;
        fits = leaf->is(Item::Kind::slot);
        wanted = "state";
    } else if (type.name == "int") {
        fits = item.is(Item::Kind::integer);
        wanted = "a whole number";
    } else if (type.name == "num") {
        fits = item.is_number();
        wanted = "a number";
    } else if (type.name == "bool") {
        fits = item.is(Item::Kind::boolean);
        wanted = "true or false";
    } else if (type.name == "str") {
        fits = item.is(Item::Kind::string);
        wanted = "a word";
    } else if (type.name == "list") {
        fits = item.is(Item::Kind::list);
        wanted = "a list";
    }
    if (fits) return put(item);
    report("HK2101", "input `" + port.name + "` of block `" + block.name + "` must be " + wanted + ", got " + describe(item, symbols_),
           given.place, caller)
        .also(port.name_place, "declared here");
    return false;
}

bool Checker::bind_tensor(const BlockDecl& block, const Port& port, const Given& given, Scope& inner, Scope& caller) {
    const std::string who = "input `" + port.name + "` of block `" + block.name + "`";
    if (!given.item.is_tensor()) {
        report("HK2101", who + " must be a tensor, got " + describe(given.item, symbols_), given.place, caller);
        return false;
    }
    const Item item = as_tensor(given.item);
    const TensorType actual = type_of(item);
    const TypeExpr& type = port.type;

    // A step may not change what it hands to itself, unless the block leaves those sizes open.
    const auto carried = [&] {
        if (given.expr == nullptr || given.expr->kind != Expr::Kind::name || given.expr->text != "_") return false;
        const Scope* turn = &caller;
        while (turn != nullptr && turn->previous == nullptr) turn = turn->parent;
        if (turn == nullptr || turn->first == nullptr || !turn->first->is(Item::Kind::tensor)) return false;
        const TensorType& first = type_of(*turn->first);
        if (first == actual) return false;
        report("HK2502", "the step changes the carried value from " + text(first) + " to " + text(actual), turn->step_place, *turn->parent)
            .help("`_` must keep its type; write the odd turn outside the repeat");
        return true;
    };
    if (broken_types_.contains(&type)) return false;
    const auto dtype = find_dtype(type.name);
    if (dtype && *dtype != actual.dtype) {
        if (carried()) return false;
        report("HK2102", who + " must be " + type.name + ", got " + text(actual), given.place, caller)
            .also(type.place, "declared here")
            .help("insert `cast(…, \"" + type.name + "\")`");
        return false;
    }
    if (type.sizes.size() != actual.shape.size()) {
        if (carried()) return false;
        report("HK2103",
               who + " must have " + std::to_string(type.sizes.size()) + (type.sizes.size() == 1 ? " dimension" : " dimensions") +
                   ", got " + text(actual),
               given.place, caller)
            .also(type.place, "declared here");
        return false;
    }
    TensorType declared{dtype.value_or(DType::floating), {}};
    for (std::size_t axis = 0; axis < type.sizes.size(); ++axis) {
        const Expr& expr = *type.sizes[axis];
        if (expr.kind != Expr::Kind::bind) {
            const auto expected = size(expr, inner);
            if (!expected) return false;
            declared.shape.push_back(*expected);
            continue;
        }
        if (const auto known = file_scope_.names.find(expr.text); known != file_scope_.names.end()) {
            const bool dim = known->second.param == nullptr && known->second.item.is(Item::Kind::integer);
            report("HK1207", "`?" + expr.text + "` already names a " + (dim ? "dim" : "param"), expr.text_place ? expr.text_place : expr.place, caller)
                .help("drop the `?` to mean that one, or choose another letter");
            return false;
        }
        if (inner.names.contains(expr.text)) {
            report("HK1207", "`?" + expr.text + "` is already named in block `" + block.name + "`",
                   expr.text_place ? expr.text_place : expr.place, caller)
                .help("drop the `?` to mean that one, or choose another letter");
            return false;
        }
        declared.shape.push_back(actual.shape[axis]);
        inner.names[expr.text] = {Scope::Name::State::ready, Item::of(actual.shape[axis]), nullptr, nullptr, expr.place};
    }
    for (std::size_t axis = 0; axis < declared.shape.size(); ++axis) {
        const Dim& expected = declared.shape[axis];
        const Dim& got = actual.shape[axis];
        if (expected == got) continue;
        if (carried()) return false;
        if (const auto cure = exact_multiple(expected, got)) {
            if (!cured_.insert(cure->symbol).second) return false;
            const std::string& name = symbols_.names[cure->symbol];
            const std::string times = cure->halvings == 1 ? "once" : std::to_string(cure->halvings) + " times";
            report("HK2113", who + ": sizes only match if `" + name + "` halves exactly " + times, given.place, caller,
                   "dimension " + std::to_string(axis))
                .also(type.place, "declared here")
                .help("declare it: `" + name + ": {multiple: " + std::to_string(cure->multiple) + ", ...}` under `dims:`");
            return false;
        }
        report("HK2104", who + " has the wrong shape in dimension " + std::to_string(axis) + ": expected " + text(expected) + ", got " + text(got),
               given.place, caller, text(actual))
            .also(type.place, "declared as " + text(declared));
        return false;
    }
    inner.names[port.name] = {Scope::Name::State::ready, item, nullptr, nullptr, port.name_place};
    return true;
}

/// A power of two that, were a symbol a multiple of it, would make the two sizes equal.
std::optional<Checker::Cure> Checker::exact_multiple(const Dim& a, const Dim& b) const {
    for (std::uint32_t id = 0; id < symbols_.multiples.size(); ++id) {
        if (!a.uses(id) && !b.uses(id)) continue;
        std::vector<std::int64_t> multiples = symbols_.multiples;
        for (int halvings = 1; halvings <= 10; ++halvings) {
            const std::int64_t power = std::int64_t{1} << halvings;
            multiples[id] = std::max(symbols_.multiples[id], power);
            if (symbols_.multiples[id] % power != 0 && power % symbols_.multiples[id] != 0) continue;
            try {
                if (a.assuming(multiples) == b.assuming(multiples)) return Cure{id, halvings, multiples[id]};
            } catch (const DimOverflow&) {
                return std::nullopt;
            }
        }
    }
    return std::nullopt;
}

std::optional<double> Checker::fill_of(const Port& port, const TensorType& type) {
    if (!port.type.fill) return std::nullopt;
    const Item item = evaluate(*port.type.fill, file_scope_);
    const bool boolean = type.dtype == DType::boolean;
    if (boolean && item.is(Item::Kind::boolean)) return item.boolean ? 1.0 : 0.0;
    if (!boolean && item.is_constant()) return static_cast<double>(item.dim.constant());
    if (is_floating(type.dtype) && item.is(Item::Kind::real)) return item.real;
    if (!item.is(Item::Kind::poison)) {
        report("HK2105", "what stands in for input `" + port.name + "`, " + text(type) + ", must be " +
                             (boolean ? "true or false" : is_floating(type.dtype) ? "a number" : "a whole number") + ", got " +
                             describe(item, symbols_),
               port.type.fill->place, file_scope_);
    }
    return std::nullopt;
}

void Checker::declare_inputs(const EntryDecl& entry, Scope& scope) {
    for (const Port& port : entry.inputs) {
        Item item;
        std::optional<bool> there = true;
        if (port.type.condition) there = condition(*port.type.condition, file_scope_);
        if (there && !*there) {
            item = Item::absent("`" + to_text(*port.type.condition) + "`");
        } else if (const auto type = tensor_type(port.type, file_scope_); type && there) {
            Value value;
            value.path = port.name;
            value.type = *type;
            value.kind = ValueKind::input;
            value.source = static_cast<std::uint32_t>(graph_.inputs.size());
            value.place = port.name_place;
            const ValueId id = add_value(std::move(value));
            graph_.inputs.push_back({port.name, id, port.name_place, fill_of(port, *type)});
            item = Item::of_tensor(id);
        }
        scope.names[port.name] = {Scope::Name::State::ready, std::move(item), nullptr, nullptr, port.name_place};
    }
}

void Checker::expand_entry(const EntryDecl& entry) {
    Scope scope;
    scope.parent = &file_scope_;
    scope.names["w"] = {Scope::Name::State::ready, Item::of_weights(""), nullptr, nullptr, {}};
    declare_states(scope);
    declare_inputs(entry, scope);
    for (const BodyItem& item : entry.graph) {
        scope.names[item.name] = {Scope::Name::State::pending, {}, &item, nullptr, item.name_place};
    }
    collect_outputs(entry, scope);
    for (const BodyItem& item : entry.graph) {
        if (stopped_) return;
        force(scope.names[item.name], item.name, scope, item.name_place, scope);
    }
}

void Checker::collect_outputs(const EntryDecl& entry, Scope& scope) {
    for (const std::string& wanted : options_.only_outputs) {
        std::vector<std::string> names;
        for (const Port& port : entry.outputs) names.push_back(port.name);
        if (std::find(names.begin(), names.end(), wanted) != names.end() || muted_) continue;
        diagnostics_.error(nullptr, "HK2202", "no output `" + wanted + "` in " + file_.source->name())
            .help(names.empty() ? "" : "it has " + listed(names));
    }
    for (const Port& port : entry.outputs) {
        Scope::Name* found = find(scope, port.name);
        if (found == nullptr) continue;  // told by the static pass
        Item item = force(*found, port.name, scope, port.name_place, scope);
        if (stopped_) return;
        if (port.type.condition) {
            const auto there = condition(*port.type.condition, file_scope_);
            if (!there || !*there) continue;
        }
        if (item.is(Item::Kind::poison)) continue;
        if (item.is(Item::Kind::absent)) {
            report("HK2205", "output `" + port.name + "` is there only if " + item.text, port.name_place, scope)
                .help("give the output the same condition: `... if " + item.text.substr(item.text.starts_with('`') ? 1 : 0,
                                                                                       item.text.size() - (item.text.starts_with('`') ? 2 : 0)) +
                      "`");
            continue;
        }
        if (!item.is_tensor()) {
            report("HK2101", "output `" + port.name + "` must be a tensor, got " + describe(item, symbols_), port.name_place, scope);
            continue;
        }
        item = as_tensor(item);
        const auto type = tensor_type(port.type, file_scope_);
        if (!type) continue;
        const TensorType actual = type_of(item);
        const std::string who = "output `" + port.name + "`";
        if (actual.dtype != type->dtype) {
            report("HK2102", who + " must be " + port.type.name + ", got " + text(actual), port.name_place, scope)
                .help("insert `cast(…, \"" + port.type.name + "\")`");
            continue;
        }
        if (actual.shape.size() != type->shape.size()) {
            report("HK2103", who + " must have " + std::to_string(type->shape.size()) + " dimensions, got " + text(actual), port.name_place,
                   scope, text(actual))
                .also(port.type.place, "declared as " + text(*type));
            continue;
        }
        bool fits = true;
        for (std::size_t axis = 0; fits && axis < actual.shape.size(); ++axis) {
            const Dim& expected = type->shape[axis];
            const Dim& got = actual.shape[axis];
            if (expected == got) continue;
            fits = false;
            Diagnostic& diagnostic =
                report("HK2104",
                       who + " has the wrong shape in dimension " + std::to_string(axis) + ": expected " + text(expected) + ", got " + text(got),
                       port.name_place, scope, text(actual));
            diagnostic.also(port.type.place, "declared as " + text(*type));
            if (const auto cure = exact_multiple(expected, got)) {
                diagnostic.help("they are equal if `" + symbols_.names[cure->symbol] + "` is declared with `multiple: " +
                                std::to_string(cure->multiple) + "` under `dims:`");
            }
        }
        const auto& only = options_.only_outputs;
        if (fits && (only.empty() || std::find(only.begin(), only.end(), port.name) != only.end())) {
            graph_.outputs.push_back({port.name, item.id, port.name_place});
        }
    }
}

}  // namespace hekla::graph
