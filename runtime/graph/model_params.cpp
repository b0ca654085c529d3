// SPDX-License-Identifier: MIT
// Sections params, expects, dims, precision, defaults, weights.
#include "graph/model_reader.hpp"

#include "base/dtype.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace hekla::graph {
namespace {

/// The names in `{ }` of a rename pattern, or nothing if the brackets do not match.
std::optional<std::set<std::string>> placeholders(std::string_view pattern) {
    std::set<std::string> names;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '}') return std::nullopt;
        if (pattern[i] != '{') continue;
        const std::size_t close = pattern.find('}', i);
        if (close == std::string_view::npos) return std::nullopt;
        const std::string_view name = pattern.substr(i + 1, close - i - 1);
        if (!is_name(name)) return std::nullopt;
        names.emplace(name);
        i = close;
    }
    return names;
}

}  // namespace

void ModelReader::read_params(const DocNode& node) {
    if (!is_map(node, "params")) return;
    for (const DocNode::Member& member : node.members) {
        const bool good = check_name(member.key, {"param", true});
        ParamDecl param = read_param(member);
        if (good) model_.params.push_back(std::move(param));
    }
}

ParamDecl ModelReader::read_param(const DocNode::Member& member) {
    const DocNode& value = member.value;
    ParamDecl param;
    param.name = member.key.text;
    param.name_place = member.key.place;
    param.place = value.place;
    if (!value.is_map() || value.find("op")) {
        param.value = read(value);
        return param;
    }
    // The words of a choice must be known before `default:` is read; the order in a map means nothing.
    if (const DocNode* choice = value.find("choice")) {
        param.choice = read_words(*choice, "choice");
        if (param.choice.empty())
            error("HK1214", "`choice:` must list the words allowed", place_of(*choice));
    }
    constexpr std::array<std::string_view, 4> known = {"from", "list", "choice", "default"};
    bool any = !param.choice.empty();
    for (const DocNode::Member& part : value.members) {
        if (part.key.text == "from") {
            param.from = read_words(part.value, "from");
            if (param.from.empty())
                error("HK1214", "`from:` must name keys of the checkpoint", place_of(part.value));
            any = true;
        } else if (part.key.text == "list") {
            param.list = read(part.value);
        } else if (part.key.text == "default") {
            param.default_value = read_choice_value(part.value, param.choice);
            any = true;
        } else if (part.key.text != "choice") {
            unknown_key(part.key, known);
        }
    }
    if (!any && !value.members.empty() && value.find("list"))
        missing(member.key, "param `" + param.name + "` has no value",
                "give it `from:`, `choice:` or `default:`");
    if (value.members.empty())
        missing(member.key, "param `" + param.name + "` has no value",
                "give it `from:`, `choice:` or `default:`");
    return param;
}

ExprPtr ModelReader::read_choice_value(const DocNode& node, const std::vector<Word>& choice) {
    const auto is_choice = [&](const DocNode& value) {
        return std::any_of(choice.begin(), choice.end(),
                           [&](const Word& word) { return word.text == value.text; });
    };
    if (!choice.empty() && (node.is_scalar() || node.is_null()) && is_choice(node)) {
        auto expr = std::make_unique<Expr>();
        expr->kind = Expr::Kind::string;
        expr->text = node.text;
        expr->place = expr->text_place = node.place;
        return expr;
    }
    if (choice.empty() || !node.is_list()) return read(node);
    auto list = std::make_unique<Expr>();
    list->kind = Expr::Kind::list;
    list->place = list->text_place = node.place;
    for (const DocNode& item : node.items) {
        list->children.push_back(read_choice_value(item, choice));
        if (!list->children.back()) return nullptr;
    }
    return list;
}

void ModelReader::read_expects(const DocNode& node) {
    if (!is_map(node, "expects")) return;
    for (const DocNode::Member& member : node.members)
        if (ExprPtr value = read_literal(member.value))
            model_.expects.push_back({{member.key.text, member.key.place}, std::move(value)});
}

void ModelReader::read_dims(const DocNode& node) {
    if (!is_map(node, "dims")) return;
    constexpr std::array<std::string_view, 4> known = {"max", "multiple", "state", "next"};
    for (const DocNode::Member& member : node.members) {
        DimDecl dim;
        const bool good = check_name(member.key, {"dim", true});
        dim.name = member.key.text;
        dim.name_place = member.key.place;
        if (!member.value.is_map() && !member.value.is_null()) {
            error("HK1214", "a dim is written `" + dim.name + ": {max: ...}`",
                  place_of(member.value))
                .help("a fixed number belongs under `params:`");
            continue;
        }
        for (const DocNode::Member& part : member.value.members) {
            if (part.key.text == "max")
                dim.max = read(part.value);
            else if (part.key.text == "multiple")
                dim.multiple = read(part.value);
            else if (part.key.text == "state")
                dim.state = read(part.value);
            else if (part.key.text == "next")
                dim.next = read(part.value);
            else
                unknown_key(part.key, known);
        }
        const bool has_state = member.value.find("state"), has_next = member.value.find("next");
        if (has_state != has_next)
            missing(member.key,
                    "dim `" + dim.name + "` has `" + (has_state ? "state" : "next") +
                        ":` but no `" + (has_state ? "next" : "state") + ":`",
                    "a size that the runtime carries is written `P: {state: 0, next: P + T, max: "
                    "ctx}`");
        if (good) model_.dims.push_back(std::move(dim));
    }
}

std::optional<PrecisionDecl::Type> ModelReader::read_precision_type(const DocNode& node) {
    const auto word = read_word(node, "precision");
    if (!word) return std::nullopt;
    const auto type = find_dtype(word->text);
    if (type && (*type == DType::f32 || *type == DType::f16 || *type == DType::bf16))
        return PrecisionDecl::Type{*type, word->place};
    error("HK2001", "unknown type `" + word->text + "`", word->place)
        .help("a precision is f32, f16 or bf16");
    return std::nullopt;
}

void ModelReader::read_precision(const DocNode& node) {
    if (!is_map(node, "precision")) return;
    constexpr std::array<std::string_view, 3> known = {"compute", "accumulate", "keep"};
    for (const DocNode::Member& member : node.members) {
        if (member.key.text == "compute") {
            model_.precision.compute = read_precision_type(member.value);
        } else if (member.key.text == "accumulate") {
            model_.precision.accumulate = read_precision_type(member.value);
        } else if (member.key.text == "keep") {
            if (!is_map(member.value, "keep")) continue;
            for (const DocNode::Member& keep : member.value.members)
                if (const auto type = read_precision_type(keep.value))
                    model_.precision.keep.push_back({{keep.key.text, keep.key.place}, *type});
        } else {
            unknown_key(member.key, known);
        }
    }
}

void ModelReader::read_defaults(const DocNode& node) {
    if (!is_map(node, "defaults")) return;
    for (const DocNode::Member& member : node.members) {
        if (!is_name(member.key.text)) {
            error("HK1201", "`" + member.key.text + "` is not a name of an op",
                  place_of(member.key));
            continue;
        }
        model_.defaults.push_back(
            {member.key.text, member.key.place, read_settings(member.value, member.key.text)});
    }
}

std::vector<RenameDecl> ModelReader::read_renames(const DocNode& node) {
    std::vector<RenameDecl> renames;
    if (!is_map(node, "rename")) return renames;
    for (const DocNode::Member& member : node.members) {
        const auto other = read_word(member.value, "rename");
        if (!other) continue;
        const auto left = placeholders(member.key.text), right = placeholders(other->text);
        if (!left || !right) {
            error("HK1218", "`{` and `}` hold a name in a rename",
                  left ? other->place : member.key.place)
                .help("for instance `h.{i}.ln_1: blk.{i}.attn_norm`");
            continue;
        }
        const auto unknown =
            std::find_if(right->begin(), right->end(),
                         [&](const std::string& name) { return !left->contains(name); });
        if (unknown != right->end()) {
            error("HK1218",
                  "`{" + *unknown + "}` does not occur in the pattern `" + member.key.text + "`",
                  other->place);
            continue;
        }
        renames.push_back({{member.key.text, member.key.place}, *other});
    }
    return renames;
}

constexpr std::string_view weights_help =
    "keep weights beside the graph, or pass the folder to the loader: --weights DIR";

void ModelReader::read_variants(const DocNode& node) {
    if (!is_map(node, "variants")) return;
    constexpr std::array<std::string_view, 3> known = {"file", "set", "rename"};
    for (const DocNode::Member& member : node.members) {
        if (!check_name(member.key, {"variant"})) continue;
        VariantDecl variant;
        variant.name = member.key.text;
        variant.name_place = member.key.place;
        if (is_map(member.value, variant.name)) {
            for (const DocNode::Member& part : member.value.members) {
                if (part.key.text == "file")
                    variant.file = read_path(part.value, "weight", weights_help);
                else if (part.key.text == "set")
                    variant.set = read_settings(part.value, "set");
                else if (part.key.text == "rename")
                    variant.rename = read_renames(part.value);
                else
                    unknown_key(part.key, known);
            }
        }
        model_.weights.variants.push_back(std::move(variant));
    }
}

void ModelReader::read_weights(const DocNode& node) {
    if (!is_map(node, "weights")) return;
    constexpr std::array<std::string_view, 4> known = {"file", "unused", "rename", "variants"};
    for (const DocNode::Member& part : node.members) {
        if (part.key.text == "file")
            model_.weights.file = read_path(part.value, "weight", weights_help);
        else if (part.key.text == "unused")
            model_.weights.unused = read_words(part.value, "unused");
        else if (part.key.text == "rename")
            model_.weights.rename = read_renames(part.value);
        else if (part.key.text == "variants")
            read_variants(part.value);
        else
            unknown_key(part.key, known);
    }
}

}  // namespace hekla::graph
