// SPDX-License-Identifier: MIT
#include "ops/entry_reader.hpp"

#include "base/did_you_mean.hpp"
#include "graph/parse.hpp"
#include "ops/entry_names.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace hekla::ops {
namespace {

using graph::DocNode;

constexpr std::string_view code = "HK4001";

bool is_name(std::string_view text) {
    if (text.empty() || !((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z'))) return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    });
}

// A choice of an attribute: a name that may have hyphens.
bool is_word(std::string text) {
    std::replace(text.begin(), text.end(), '-', '_');
    return is_name(text);
}

std::string quoted(std::string_view text) { return "`" + printable(text) + "`"; }

class Reader {
public:
    Reader(const SourcePtr& source, Diagnostics& out) : source_(source), out_(out) {}

    void read(Entry& entry, const DocNode& root);

private:
    Diagnostic& complain(const DocNode& node, std::string message) {
        return out_.error(source_, code, std::move(message), node.place);
    }

    // --- forms
    bool map_of(const DocNode& node, std::string_view what, std::initializer_list<std::string_view> keys);
    const std::vector<DocNode>* list_of(const DocNode& node, std::string_view what);
    std::string word(const DocNode& node, std::string_view what);
    std::string name(const DocNode& node, std::string_view what);
    bool boolean(const DocNode& node, std::string_view what);
    std::uint32_t number(const DocNode& node, std::string_view what, std::int64_t from, std::int64_t to);
    graph::ExprPtr expression(const DocNode& node);
    std::vector<graph::ExprPtr> expressions(const DocNode& node, std::string_view what);
    DocNode part(const DocNode& node, std::size_t from, std::size_t count) const;

    // --- sections
    void read_slots(Entry& entry, const DocNode& node, bool weights);
    void read_slot(Slot& slot, const DocNode& node);
    void read_attributes(Entry& entry, const DocNode& node);
    void read_attribute(AttributeSpec& attribute, const DocNode& node);
    void read_requirements(Entry& entry, const DocNode& node);
    void read_outputs(Entry& entry, const DocNode& node);
    void read_view(Entry& entry, const DocNode& node);
    void read_split(Entry& entry, const DocNode& node);
    void read_params(Entry& entry, const DocNode& node);
    void read_kernels(Entry& entry, const DocNode& node);
    void read_kernel(KernelSpec& kernel, const DocNode& node);
    void read_call(Entry& entry, const DocNode& node);

    const SourcePtr& source_;
    Diagnostics& out_;
};

bool Reader::map_of(const DocNode& node, std::string_view what, std::initializer_list<std::string_view> keys) {
    if (!node.is_map()) {
        complain(node, std::string(what) + " must be a map");
        return false;
    }
    for (const DocNode::Member& member : node.members) {
        if (std::find(keys.begin(), keys.end(), member.key.text) != keys.end()) continue;
        complain(member.key, quoted(member.key.text) + " is not a key of " + std::string(what))
            .help(did_you_mean_help(member.key.text, std::span(keys.begin(), keys.size())));
    }
    return true;
}

const std::vector<DocNode>* Reader::list_of(const DocNode& node, std::string_view what) {
    if (node.is_list()) return &node.items;
    complain(node, std::string(what) + " must be a list");
    return nullptr;
}

std::string Reader::word(const DocNode& node, std::string_view what) {
    if (node.is_scalar() && !node.text.empty()) return node.text;
    complain(node, std::string(what) + " must be a word or text");
    return {};
}

std::string Reader::name(const DocNode& node, std::string_view what) {
    std::string text = word(node, what);
    if (!text.empty() && !is_name(text)) complain(node, quoted(text) + " is not a name; names are letters, digits and `_`");
    return text;
}

bool Reader::boolean(const DocNode& node, std::string_view what) {
    const auto value = graph::as_boolean(node);
    if (!value) complain(node, std::string(what) + " must be true or false");
    return value.value_or(false);
}

std::uint32_t Reader::number(const DocNode& node, std::string_view what, std::int64_t from, std::int64_t to) {
    const auto value = graph::as_integer(node);
    if (value && *value >= from && *value <= to) return static_cast<std::uint32_t>(*value);
    complain(node, std::string(what) + " must be a whole number from " + std::to_string(from) + " to " + std::to_string(to));
    return static_cast<std::uint32_t>(from);
}

graph::ExprPtr Reader::expression(const DocNode& node) { return graph::parse_expression(source_, node, out_); }

std::vector<graph::ExprPtr> Reader::expressions(const DocNode& node, std::string_view what) {
    std::vector<graph::ExprPtr> result;
    const auto* items = list_of(node, what);
    if (items == nullptr) return result;
    for (const DocNode& item : *items) result.push_back(expression(item));
    return result;
}

// A stretch of a scalar's text as a node of its own, so that its places stay right.
DocNode Reader::part(const DocNode& node, std::size_t from, std::size_t count) const {
    while (count > 0 && node.text[from] == ' ') {
        ++from;
        --count;
    }
    while (count > 0 && node.text[from + count - 1] == ' ') --count;
    DocNode result;
    result.kind = DocNode::Kind::scalar;
    result.style = node.style;
    result.flow = node.flow;
    result.text = node.text.substr(from, count);
    result.begin = node.source_offset(from);
    result.end = node.source_offset(from + count);
    result.place = source_->place(result.begin, result.end);
    result.runs = {{0, result.begin}};
    for (const DocNode::Run& run : node.runs)
        if (run.text_offset > from && run.text_offset < from + count)
            result.runs.push_back({static_cast<std::uint32_t>(run.text_offset - from), run.source_offset});
    return result;
}

void Reader::read_slot(Slot& slot, const DocNode& node) {
    const std::string what = slot.is_weight ? "a weight" : "an input";
    if (slot.is_weight) {
        if (!map_of(node, what, {"type", "when", "stored", "packed"})) return;
    } else {
        if (!map_of(node, what, {"type", "strided", "broadcast", "list"})) return;
    }
    bool typed = false;
    for (const auto& [key, value] : node.members) {
        if (key.text == "type") {
            typed = true;
            if (auto type = graph::parse_type(source_, value, graph::TypeRules::op, out_)) slot.type = std::move(*type);
        } else if (key.text == "strided") {
            slot.strided = number(value, "`strided`", 1, 4);
        } else if (key.text == "broadcast") {
            slot.broadcast = expressions(value, "`broadcast`");
        } else if (key.text == "list") {
            slot.list = boolean(value, "`list`");
        } else if (key.text == "when") {
            slot.when = expression(value);
        } else if (key.text == "packed") {
            slot.packed = expression(value);
        } else if (key.text == "stored") {
            const auto* items = list_of(value, "`stored`");
            if (items == nullptr) continue;
            for (const DocNode& item : *items) {
                const auto type = find_dtype(item.text);
                if (!item.is_scalar() || !type || *type == DType::floating)
                    complain(item, quoted(item.text) + " is not an element type of files");
                else
                    slot.stored.push_back(*type);
            }
        }
    }
    if (!typed) complain(node, "`type` is missing");
}

void Reader::read_slots(Entry& entry, const DocNode& node, bool weights) {
    const std::string what = weights ? "`weights`" : "`in`";
    const auto* items = list_of(node, what);
    if (items == nullptr) return;
    for (const DocNode& item : *items) {
        if (!item.is_map() || item.members.size() != 1) {
            complain(item, "each item of " + what + " is one tensor: `- name: {type: ...}`");
            continue;
        }
        const DocNode& key = item.members[0].key;
        Slot slot;
        slot.is_weight = weights;
        slot.name = key.text;
        if (!weights && slot.name.ends_with('?')) {
            slot.optional = true;
            slot.name.pop_back();
        }
        if (!is_name(slot.name)) complain(key, quoted(key.text) + " is not a name; names are letters, digits and `_`");
        if (entry.find_slot(slot.name)) complain(key, quoted(slot.name) + " is there twice");
        read_slot(slot, item.members[0].value);
        if (!entry.slots.empty() && entry.slots.back().list && !weights) complain(key, "a list of tensors must be the last input");
        entry.slots.push_back(std::move(slot));
    }
}

// `int`, `num = 1e-5`, `word oi | io`, `ints 2`
void Reader::read_attribute(AttributeSpec& attribute, const DocNode& node) {
    static constexpr std::string_view kinds[] = {"int", "num", "bool", "word", "ints", "dtype"};
    const std::string text = word(node, "an attribute");
    if (text.empty()) return;
    std::size_t equals = text.find('=');
    if (equals == std::string::npos) equals = text.size();
    const DocNode before = part(node, 0, equals);
    const std::size_t space = std::min(before.text.find(' '), before.text.size());
    const std::string kind = before.text.substr(0, space);
    const auto found = std::find(std::begin(kinds), std::end(kinds), kind);
    if (found == std::end(kinds)) {
        complain(before, quoted(kind) + " is not a kind of attribute (int, num, bool, word, ints, dtype)")
            .help(did_you_mean_help(kind, std::span<const std::string_view>(kinds)));
        return;
    }
    attribute.kind = static_cast<AttributeKind>(found - std::begin(kinds));
    const bool counted = attribute.kind == AttributeKind::integers && space < before.text.size();
    if (counted) attribute.length = number(part(before, space, before.text.size() - space), "how many `ints` there are", 1, 4);
    for (std::size_t at = space; at < before.text.size() && !counted;) {
        const std::size_t end = std::min(before.text.find('|', at), before.text.size());
        const DocNode choice = part(before, at, end - at);
        if (attribute.kind != AttributeKind::word) complain(choice, "only a `word` has choices");
        else if (!is_word(choice.text)) complain(choice, quoted(choice.text) + " is not a word; choices are `word a | b`");
        attribute.choices.push_back(choice.text);
        at = end + 1;
    }
    if (attribute.kind == AttributeKind::word && attribute.choices.empty()) complain(node, "a `word` needs its choices: `word a | b`");
    if (equals < text.size()) {
        if (attribute.kind == AttributeKind::word) complain(node, "a word's default is its first choice");
        attribute.default_value = expression(part(node, equals + 1, text.size() - equals - 1));
    } else if (attribute.kind == AttributeKind::word && !attribute.choices.empty()) {
        attribute.default_value = std::make_unique<graph::Expr>();
        attribute.default_value->kind = graph::Expr::Kind::string;
        attribute.default_value->text = attribute.choices[0];
        attribute.default_value->place = before.place;
    }
}

void Reader::read_attributes(Entry& entry, const DocNode& node) {
    if (!node.is_map()) {
        complain(node, "`attrs` must be a map of names to kinds");
        return;
    }
    for (const auto& [key, value] : node.members) {
        AttributeSpec attribute;
        attribute.name = name(key, "an attribute's name");
        if (const auto slot = entry.find_slot(attribute.name); slot && *slot < entry.input_count)
            complain(key, quoted(key.text) + " is already an input");
        read_attribute(attribute, value);
        entry.attributes.push_back(std::move(attribute));
    }
}

void Reader::read_requirements(Entry& entry, const DocNode& node) {
    const auto* items = list_of(node, "`require`");
    if (items == nullptr) return;
    for (const DocNode& item : *items) {
        if (!map_of(item, "a requirement", {"when", "else"})) continue;
        const DocNode* when = item.find("when");
        const DocNode* otherwise = item.find("else");
        if (when == nullptr || otherwise == nullptr) {
            complain(item, "a requirement is `{when: condition, else: message}`");
            continue;
        }
        entry.require.push_back({expression(*when), word(*otherwise, "the message")});
    }
}

void Reader::read_outputs(Entry& entry, const DocNode& node) {
    if (!node.is_map() || node.members.empty()) {
        complain(node, "`out` must be a map of names to types");
        return;
    }
    for (const auto& [key, value] : node.members) {
        OutputSpec output;
        output.name = name(key, "an output's name");
        if (!map_of(value, "an output", {"type", "strided"})) continue;
        if (const DocNode* strided = value.find("strided")) output.strided = number(*strided, "`strided`", 1, 4);
        const DocNode* type = value.find("type");
        if (type == nullptr) complain(value, "`type` is missing");
        else if (auto parsed = graph::parse_type(source_, *type, graph::TypeRules::op, out_)) output.type = std::move(*parsed);
        entry.outputs.push_back(std::move(output));
    }
}

void Reader::read_view(Entry& entry, const DocNode& node) {
    const auto* items = list_of(node, "`view`");
    if (items == nullptr) return;
    for (const DocNode& item : *items) {
        if (!map_of(item, "a step of `view`", {"reshape", "permute", "slice", "expand"})) continue;
        if (item.members.size() != 1) {
            complain(item, "each step of `view` is one of reshape, permute, slice");
            continue;
        }
        const auto& [key, value] = item.members[0];
        ViewStep step;
        step.kind = key.text == "reshape"   ? ViewStep::Kind::reshape
                    : key.text == "permute" ? ViewStep::Kind::permute
                    : key.text == "expand"  ? ViewStep::Kind::expand
                                            : ViewStep::Kind::slice;
        step.arguments = expressions(value, "`" + key.text + "`");
        if (step.kind == ViewStep::Kind::slice && step.arguments.size() != 3) complain(value, "`slice` takes axis, start, count");
        entry.view.push_back(std::move(step));
    }
}

// `- B`, or `- {over: C, every: C / groups, set: {groups: count * groups / C}}`
void Reader::read_split(Entry& entry, const DocNode& node) {
    const auto* items = list_of(node, "`split`");
    if (items == nullptr) return;
    for (const DocNode& item : *items) {
        SplitSpec split;
        if (item.is_scalar()) {
            split.over = name(item, "what is split");
        } else {
            if (!map_of(item, "an item of `split`", {"over", "every", "of", "set", "sum"})) continue;
            const DocNode* over = item.find("over");
            if (over == nullptr) complain(item, "`over` is missing");
            else split.over = name(*over, "`over`");
            if (const DocNode* every = item.find("every")) split.every = expression(*every);
            if (const DocNode* of = item.find("of")) {
                if (!of->is_map()) complain(*of, "`of` must be a map of tensors to axes");
                for (const auto& [key, value] : of->members)
                    split.of.emplace_back(name(key, "a tensor"), number(value, "an axis", 0, 7));
            }
            if (const DocNode* sum = item.find("sum")) split.sum = name(*sum, "`sum`");
            if (const DocNode* set = item.find("set")) {
                if (!set->is_map()) complain(*set, "`set` must be a map of names to expressions");
                for (const auto& [key, value] : set->members)
                    split.set.emplace_back(name(key, "a name"), expression(value));
            }
        }
        entry.split.push_back(std::move(split));
    }
}

void Reader::read_params(Entry& entry, const DocNode& node) {
    if (!node.is_map()) {
        complain(node, "`params` must be a map of names to expressions");
        return;
    }
    for (const auto& [key, value] : node.members) {
        ParamSpec param;
        param.name = name(key, "a parameter's name");
        param.value = expression(value);
        if (param.value) {
            const NumberKind kind = number_kind(*param.value, entry.attributes);
            if (kind == NumberKind::mixed)
                complain(value, "is this word an integer or a float? Write `real(...)` around a sum of `num` attributes");
            param.is_float = kind == NumberKind::real;
        }
        entry.params.push_back(std::move(param));
    }
}

constexpr struct {
    std::string_view word;
    KernelSpec::Takes takes;
} takes_words[] = {
    {"tiles", KernelSpec::Takes::tiles},
    {"planes", KernelSpec::Takes::planes},
    {"places", KernelSpec::Takes::places},
    {"winograd", KernelSpec::Takes::winograd},
    {"matrices", KernelSpec::Takes::matrices},
};

void Reader::read_kernel(KernelSpec& kernel, const DocNode& node) {
    if (!map_of(node, "a kernel", {"shader", "needs", "when", "takes", "gives", "norms", "shares", "spec", "local", "grid", "groups", "cost"})) return;
    for (const auto& [key, value] : node.members) {
        if (key.text == "shader") {
            kernel.name = name(value, "`shader`");
        } else if (key.text == "needs") {
            const auto* items = list_of(value, "`needs`");
            if (items == nullptr) continue;
            for (const DocNode& item : *items) kernel.needs.push_back(name(item, "a capability"));
        } else if (key.text == "when") {
            kernel.when = expression(value);
        } else if (key.text == "takes") {
            const auto* at = std::find_if(std::begin(takes_words), std::end(takes_words),
                                          [&](const auto& row) { return value.is_scalar() && row.word == value.text; });
            if (at != std::end(takes_words))
                kernel.takes = at->takes;
            else
                complain(value, "`takes` is `tiles`, `planes`, `places`, `winograd` or `matrices`");
        } else if (key.text == "shares") {
            kernel.shares = expression(value);
        } else if (key.text == "gives") {
            kernel.gives_tiles = value.is_scalar() && value.text == "tiles";
            if (!kernel.gives_tiles) complain(value, "`gives` is `tiles`");
        } else if (key.text == "norms") {
            kernel.norms = name(value, "the op of a norm");
        } else if (key.text == "spec") {
            kernel.spec = expressions(value, "`spec`");
        } else if (key.text == "cost") {
            kernel.cost = expression(value);
        } else if (key.text == "local") {
            const auto* items = list_of(value, "`local`");
            if (items == nullptr) continue;
            if (items->size() != 3) {
                complain(value, "`local` is three numbers");
                continue;
            }
            for (std::size_t i = 0; i < 3; ++i) {
                const DocNode& item = (*items)[i];
                const std::string word = item.is_scalar() ? item.text : "";
                kernel.local[i] = word == "subgroup" ? KernelSpec::subgroup
                                  : word == "lanes"  ? KernelSpec::lanes
                                                     : number(item, "a local size", 1, 1024);
            }
        } else {  // grid, groups
            if (!kernel.grid.empty()) complain(key, "a kernel has either `grid` or `groups`");
            kernel.threads = key.text == "grid";
            kernel.grid = expressions(value, "`" + key.text + "`");
            if (kernel.grid.empty() || kernel.grid.size() > 3) complain(value, "`" + key.text + "` is a list of one to three numbers");
        }
    }
    if (kernel.name.empty()) complain(node, "`shader` is missing");
    if (kernel.grid.empty()) complain(node, "`grid` or `groups` is missing");
    if (!kernel.cost) complain(node, "`cost` is missing");
}

void Reader::read_kernels(Entry& entry, const DocNode& node) {
    const auto* items = list_of(node, "`kernels`");
    if (items == nullptr) return;
    for (const DocNode& item : *items) {
        KernelSpec kernel;
        read_kernel(kernel, item);
        if (entry.kernels.empty() && (!kernel.needs.empty() || kernel.when))
            complain(item, "the first kernel is the plain one: it has no `needs` and no `when`");
        entry.kernels.push_back(std::move(kernel));
    }
}

// After everything it may name.
void Reader::read_call(Entry& entry, const DocNode& node) {
    const auto* items = list_of(node, "`call`");
    if (items == nullptr) return;
    for (const DocNode& item : *items) {
        std::string argument = word(item, "an argument");
        const bool optional = argument.ends_with('?');
        if (optional) argument.pop_back();
        if (argument == "w" && entry.input_count < entry.slots.size()) {
            entry.has_weights = true;
            entry.weights_optional = optional;
        } else if (optional) {
            complain(item, "only `w?` is marked here; inputs are marked under `in`");
        } else if (const auto slot = entry.find_slot(argument); slot ? *slot >= entry.input_count : !entry.find_attribute(argument)) {
            complain(item, quoted(argument) + " is neither an input nor an attribute");
        }
        if (std::find(entry.call.begin(), entry.call.end(), argument) != entry.call.end())
            complain(item, quoted(argument) + " is there twice");
        entry.call.push_back(std::move(argument));
    }
    if (entry.input_count < entry.slots.size() && !entry.has_weights) complain(node, "there are `weights`, but no argument `w`");
}

void Reader::read(Entry& entry, const DocNode& root) {
    if (!map_of(root, "an op entry", {"summary", "internal", "call", "in", "weights", "attrs", "require", "rule", "out", "iterate",
                                      "view", "split", "params", "element", "flops", "kernels"}))
        return;
    const auto section = [&](std::string_view key, auto&& reader) {
        if (const DocNode* node = root.find(key)) reader(*node);
    };
    section("summary", [&](const DocNode& node) { entry.summary = word(node, "`summary`"); });
    section("internal", [&](const DocNode& node) { entry.internal = boolean(node, "`internal`"); });
    section("in", [&](const DocNode& node) { read_slots(entry, node, false); });
    entry.input_count = entry.slots.size();
    section("weights", [&](const DocNode& node) { read_slots(entry, node, true); });
    section("attrs", [&](const DocNode& node) { read_attributes(entry, node); });
    section("require", [&](const DocNode& node) { read_requirements(entry, node); });
    section("rule", [&](const DocNode& node) { entry.rule = name(node, "`rule`"); });
    section("out", [&](const DocNode& node) { read_outputs(entry, node); });
    section("iterate", [&](const DocNode& node) {
        if (node.text == "all") entry.iterate = Entry::Iterate::all;
        else if (node.text == "rows") entry.iterate = Entry::Iterate::rows;
        else if (node.text == "reduce") entry.iterate = Entry::Iterate::reduce;
        else complain(node, "`iterate` is `all`, `rows` or `reduce`");
    });
    section("view", [&](const DocNode& node) { read_view(entry, node); });
    section("split", [&](const DocNode& node) { read_split(entry, node); });
    section("params", [&](const DocNode& node) { read_params(entry, node); });
    section("element", [&](const DocNode& node) { entry.element = expression(node); });
    section("flops", [&](const DocNode& node) { entry.flops = expression(node); });
    section("kernels", [&](const DocNode& node) { read_kernels(entry, node); });
    section("call", [&](const DocNode& node) { read_call(entry, node); });

    for (const std::string_view key : {"summary", "call", "out"})
        if (root.find(key) == nullptr) complain(root, "`" + std::string(key) + "` is missing");
    if ((root.find("view") != nullptr) == (root.find("kernels") != nullptr))
        complain(root, "an entry has either `view` or `kernels` (`kernels: []` where the planner itself does the work)");
    if (!entry.view.empty() && !entry.params.empty()) complain(root, "a view has no kernel, so no `params`");
    if (!out_.has_errors()) check_names(entry, source_, out_);
}

}  // namespace

std::unique_ptr<Entry> read_entry(std::string_view name, const SourcePtr& source, const DocNode& root, Diagnostics& out) {
    auto entry = std::make_unique<Entry>();
    entry->name = name;
    entry->text = source->text();
    Diagnostics complaints;
    Reader(source, complaints).read(*entry, root);
    for (const Diagnostic& complaint : complaints.list()) out.add(complaint);
    return complaints.has_errors() ? nullptr : std::move(entry);
}

}  // namespace hekla::ops
