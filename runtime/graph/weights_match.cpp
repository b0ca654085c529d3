// SPDX-License-Identifier: MIT
#include "graph/checker.hpp"
#include "graph/rename.hpp"

#include "base/did_you_mean.hpp"
#include "graph/parse.hpp"

#include <algorithm>
#include <charconv>

namespace hekla::graph {

namespace {

/// A dotted name with its numbers taken out: `h.0.ln` gives `h.#.ln` and {0}.
std::pair<std::string, std::vector<std::string>> pattern_of(std::string_view name) {
    std::string pattern;
    std::vector<std::string> numbers;
    std::size_t start = 0;
    while (start <= name.size()) {
        const std::size_t dot = std::min(name.find('.', start), name.size());
        const std::string_view part = name.substr(start, dot - start);
        const bool number = !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
        if (!pattern.empty()) pattern += '.';
        pattern += number ? "#" : std::string(part);
        if (number) numbers.emplace_back(part);
        start = dot + 1;
    }
    return {pattern, numbers};
}

std::optional<std::int64_t> parse_number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// The first tensor at or after `prefix` in name order begins with it.
bool has_prefix(std::span<const weights::Tensor> tensors, std::string_view prefix) {
    const auto found = std::lower_bound(tensors.begin(), tensors.end(), prefix,
                                        [](const weights::Tensor& tensor, std::string_view text) { return tensor.name < text; });
    return found != tensors.end() && found->name.starts_with(prefix);
}

}  // namespace

void Checker::read_renames() {
    std::vector<RenameTable::Rule> rules;
    const auto add = [&](const RenameDecl& rename) {
        for (const Word* word : {&rename.pattern, &rename.other}) {
            if (RenameTable::is_simple(word->text)) continue;
            report("HK2408", "a part of `" + word->text + "` has more than two `{...}`, or one that is not closed", word->place, file_scope_);
            return;
        }
        rules.push_back({rename.pattern.text, rename.other.text});
    };
    for (const RenameDecl& rename : file_.weights.rename) add(rename);
    for (const VariantDecl& variant : file_.weights.variants) {
        if (variant.name != options_.variant) continue;
        for (const RenameDecl& rename : variant.rename) add(rename);
    }
    renames_ = std::make_unique<RenameTable>(std::move(rules));
    for (const Word& word : file_.weights.unused) unused_.push_back(word.text);
}

std::optional<std::uint32_t> Checker::find_tensor(std::string_view path) const {
    if (!has_file_) return std::nullopt;
    for (const std::string& name : renames_->names(path)) {
        if (const auto found = options_.checkpoint->find(name)) return found;
    }
    return std::nullopt;
}

bool Checker::has_weights(std::string_view path) const {
    if (!has_file_) return false;
    const auto tensors = options_.checkpoint->tensors();
    if (path.empty()) return true;
    for (const std::string& name : renames_->names(path)) {
        if (options_.checkpoint->find(name) || has_prefix(tensors, name + ".")) return true;
    }
    // A rule may be longer than the path asked for, so look from the file's side too.
    const std::string prefix = std::string(path) + ".";
    for (const weights::Tensor& tensor : tensors) {
        for (const std::string& name : renames_->asked_as(tensor.name)) {
            if (name == path || name.starts_with(prefix)) return true;
        }
    }
    return false;
}

std::int64_t Checker::count_children(std::string_view path) const {
    if (!has_file_) return 0;
    std::set<std::string> numbers;
    const std::string prefix = path.empty() ? "" : std::string(path) + ".";
    for (const weights::Tensor& tensor : options_.checkpoint->tensors()) {
        for (const std::string& name : renames_->asked_as(tensor.name)) {
            if (!name.starts_with(prefix)) continue;
            const std::string part = name.substr(prefix.size(), name.find('.', prefix.size()) - prefix.size());
            if (parse_number(part)) numbers.insert(part);
        }
    }
    return static_cast<std::int64_t>(numbers.size());
}

void Checker::missing_tensor(const std::string& path, const std::vector<std::int64_t>& shape, const Expr& call, Scope& scope) {
    // One complaint for a whole part of the model that is missing, such as a layer too many.
    const auto tensors = options_.checkpoint->tensors();
    std::string missing = path;
    for (std::size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.', dot + 1)) {
        const std::string prefix = path.substr(0, dot);
        if (!has_weights(prefix)) {
            missing = prefix;
            break;
        }
    }
    if (!missing_prefixes_.insert(missing).second) return;

    Diagnostic& diagnostic = report("HK2403", "no tensor `" + path + "` in the weight file", call.place, scope);
    const auto [pattern, numbers] = pattern_of(path);
    std::set<std::int64_t> present;
    // Names with the same numbers, of tensors that nothing has used: first those of the right shape. Digits are never guessed.
    std::vector<std::string> likely;
    std::vector<std::string> possible;
    for (const weights::Tensor& tensor : tensors) {
        for (const std::string& name : renames_->asked_as(tensor.name)) {
            const auto [other_pattern, other_numbers] = pattern_of(name);
            if (other_numbers.size() != numbers.size()) continue;
            if (other_pattern == pattern) {
                // same name with another number in one place
                std::size_t differences = 0;
                std::size_t where = 0;
                for (std::size_t i = 0; i < numbers.size(); ++i) {
                    if (numbers[i] == other_numbers[i]) continue;
                    ++differences;
                    where = i;
                }
                if (differences == 1) {
                    if (const auto number = parse_number(other_numbers[where])) present.insert(*number);
                }
            }
            const auto id = static_cast<std::uint32_t>(&tensor - tensors.data());
            if (other_numbers == numbers && !used_tensors_.contains(id)) (tensor.shape == shape ? likely : possible).push_back(name);
        }
    }
    if (!present.empty() && present.size() == static_cast<std::size_t>(*present.rbegin()) + 1) {
        const std::string last = std::to_string(*present.rbegin());
        const std::string count = std::to_string(present.size());
        const bool repeats = std::any_of(diagnostic.trail.begin(), diagnostic.trail.end(),
                                         [](const TrailStep& step) { return !step.repeat.empty(); });
        diagnostic.help("the file has this tensor for 0 to " + last + " only" +
                        (repeats ? ", so " + count + " turns, not " + std::to_string(present.size() + 1) + " or more" : ""));
        return;
    }
    std::string closest = did_you_mean(path, likely);
    if (closest.empty()) closest = did_you_mean(path, possible);
    if (const auto found = closest.empty() ? std::nullopt : find_tensor(closest)) {
        diagnostic.help("the file has `" + closest + "` " + shape_text(tensors[*found].shape));
        return;
    }
    for (const weights::Tensor& tensor : tensors) {
        if (tensor.shape != shape || used_tensors_.contains(static_cast<std::uint32_t>(&tensor - tensors.data()))) continue;
        if (pattern_of(tensor.name).second != numbers) continue;
        diagnostic.help("a tensor of this shape, " + shape_text(shape) + ", that nothing has used so far: `" + tensor.name +
                        "`; `rename:` under `weights:` maps names");
        return;
    }
    diagnostic.help("`hekla weights` lists the tensors; `rename:` under `weights:` maps names");
}

/// The weight at `path`, as a value; no_id after a complaint that leaves no type. `entry` and its attributes: the op that
/// reads it, for advice; null for `weight(...)`.
ValueId Checker::weight_value(const std::string& path, TensorType type, const ops::Entry* entry,
                              const std::vector<Given>* attributes, const Expr& call, Scope& scope) {
    std::vector<std::int64_t> shape;
    for (const Dim& dim : type.shape) {
        if (!dim.is_constant()) {
            report("HK2107",
                   "weight `" + path + "` would have the size " + text(dim) + ", which is not known when the file is loaded",
                   call.place, scope);
            return no_id;
        }
        if (dim.constant() < 0) {
            report("HK2107", "weight `" + path + "` would have the size " + text(dim), call.place, scope);
            return no_id;
        }
        shape.push_back(dim.constant());
    }
    std::uint32_t tensor = no_id;
    std::string name = path;
    if (has_file_) {
        const auto found = find_tensor(path);
        if (!found) {
            missing_tensor(path, shape, call, scope);
        } else {
            tensor = *found;
            const weights::Tensor& stored = options_.checkpoint->tensors()[tensor];
            name = stored.name;
            used_tensors_.insert(tensor);
            if (stored.shape != shape) {
                Diagnostic& diagnostic =
                    report("HK2404",
                           "weight `" + path + "` is " + shape_text(stored.shape) + " in the file, the graph needs " + shape_text(shape),
                           call.place, scope);
                if (name != path) diagnostic.note("the file calls it `" + name + "`");
                if (stored.shape.size() == 2 && shape.size() == 2 && stored.shape[0] == shape[1] && stored.shape[1] == shape[0]) {
                    std::string advice = "the two are transposed";
                    const auto layout = entry != nullptr ? entry->find_attribute("layout") : std::nullopt;
                    if (layout && attributes != nullptr) {
                        for (const std::string& word : entry->attributes[*layout].choices) {
                            if (word != (*attributes)[*layout].item.text) advice += ": set `layout='" + word + "'`";
                        }
                    }
                    diagnostic.help(advice);
                }
            }
            const bool floating = is_floating(stored.dtype);
            if (entry == nullptr && !floating) {
                type.dtype = stored.dtype;
            } else if (is_floating(type.dtype) != floating) {
                report("HK2404",
                       "weight `" + path + "` is " + std::string(name_of(stored.dtype)) + " in the file, the graph needs " +
                           std::string(name_of(type.dtype)),
                       call.place, scope);
            }
        }
    }
    if (const auto known = weights_by_name_.find(name); known != weights_by_name_.end()) {
        const Weight& weight = graph_.weights[known->second];
        if (weight.shape != shape && tensor == no_id) {
            report("HK2404",
                   "weight `" + path + "` is used as " + shape_text(weight.shape) + " and, here, as " + shape_text(shape), call.place, scope)
                .also(graph_.values[weight.value].place, "first used here");
            return no_id;
        }
        if (weight.shape == shape) return weight.value;
        return no_id;
    }
    Weight weight;
    weight.path = path;
    weight.name = name;
    weight.shape = std::move(shape);
    weight.tensor = tensor;
    const auto id = static_cast<std::uint32_t>(graph_.weights.size());
    Value value;
    value.path = "w." + path;
    value.type = std::move(type);
    value.kind = ValueKind::weight;
    value.source = id;
    value.place = call.place;
    weight.value = add_value(std::move(value));
    weights_by_name_[name] = id;
    graph_.weights.push_back(std::move(weight));
    return graph_.weights.back().value;
}

void Checker::check_extra_tensors() {
    if (!has_file_) return;
    const auto tensors = options_.checkpoint->tensors();
    std::vector<std::string> extra;
    for (std::uint32_t i = 0; i < tensors.size(); ++i) {
        if (used_tensors_.contains(i)) continue;
        const std::vector<std::string> names = renames_->asked_as(tensors[i].name);
        const bool ignored = std::any_of(unused_.begin(), unused_.end(), [&](const std::string& pattern) {
            return std::any_of(names.begin(), names.end(),
                               [&](const std::string& name) { return matches_wildcard(pattern, name); });
        });
        if (!ignored) extra.push_back(tensors[i].name);
    }
    if (extra.empty()) return;
    constexpr std::size_t most = 6;
    std::string shown;
    for (std::size_t i = 0; i < extra.size() && i < most; ++i) shown += (i != 0 ? ", `" : "`") + extra[i] + "`";
    if (extra.size() > most) shown += ", ... (" + std::to_string(extra.size()) + " in all)";
    report("HK2405",
           extra.size() == 1 ? "the weight file has a tensor that the graph does not use: " + shown
                             : "the weight file has tensors that the graph does not use: " + shown,
           {}, file_scope_)
        .help("a model that leaves weights out computes something else; if they are to be ignored, name them under `unused:` in `weights:`");
}

}  // namespace hekla::graph
