// SPDX-License-Identifier: MIT
#include "tokenizer_spec.hpp"

#include <limits>
#include <nlohmann/json.hpp>

#include "tokenizer_document.hpp"
#include "tokenizer_error.hpp"

namespace hekla::text {
namespace {

using Json = nlohmann::json;

// Published files have at most a handful of components and markers of a few bytes. The bounds keep
// a hostile chain of replacements from growing a text without end.
constexpr std::size_t max_components = 64;
constexpr std::size_t max_component_string = 1024;

/// A value and where it stands.
class Node {
  public:
    Node(const Json& value, std::string path) : value_(&value), path_(std::move(path)) {}

    const std::string& path() const { return path_; }

    /// The member, absent if it is not there or null.
    std::optional<Node> find(const char* name) const {
        if (!value_->is_object()) wrong("an object");
        const auto it = value_->find(name);
        if (it == value_->end() || it->is_null()) return std::nullopt;
        return Node(*it, path_.empty() ? name : path_ + "." + name);
    }

    Node at(const char* name) const {
        if (auto node = find(name)) return *node;
        throw ComponentError((path_.empty() ? "the file" : path_) + " has no \"" + name + "\"");
    }

    std::vector<Node> elements() const {
        if (!value_->is_array()) wrong("a list");
        std::vector<Node> out;
        out.reserve(value_->size());
        for (const Json& v : *value_)
            out.emplace_back(v, path_ + "[" + std::to_string(out.size()) + "]");
        return out;
    }

    std::string string(std::size_t max_bytes = max_component_string) const {
        if (!value_->is_string()) wrong("a string");
        const auto& s = value_->get_ref<const std::string&>();
        if (s.size() > max_bytes) {
            throw ComponentError(path_ + " has " + std::to_string(s.size()) + " bytes; at most " +
                                 std::to_string(max_bytes) + " are allowed");
        }
        return s;
    }

    bool boolean() const {
        if (!value_->is_boolean()) wrong("true or false");
        return value_->get<bool>();
    }

    bool boolean(const char* name, bool otherwise) const {
        const auto node = find(name);
        return node ? node->boolean() : otherwise;
    }

    std::string string_or_empty(const char* name) const {
        const auto node = find(name);
        return node ? node->string() : std::string();
    }

    std::int64_t integer(std::int64_t low, std::int64_t high) const {
        if (!value_->is_number_integer()) wrong("a whole number");
        const bool too_big = value_->is_number_unsigned() &&
                             value_->get<std::uint64_t>() > static_cast<std::uint64_t>(high);
        const auto v = too_big ? high : value_->get<std::int64_t>();
        if (too_big || v < low || v > high) {
            throw ComponentError(path_ + " is " + value_->dump() + "; it must be within " +
                                 std::to_string(low) + " and " + std::to_string(high));
        }
        return v;
    }

    TokenId id() const {
        return static_cast<TokenId>(integer(0, std::numeric_limits<TokenId>::max() - 1));
    }

    double number() const {
        if (!value_->is_number()) wrong("a number");
        return value_->get<double>();
    }

    std::string character() const {
        std::string s = string();
        if (s.empty() || next_utf8(s).length != s.size()) wrong("one character");
        return s;
    }

    bool is_array() const { return value_->is_array(); }

    [[noreturn]] void wrong(const char* wanted) const {
        throw ComponentError((path_.empty() ? "the file" : path_) + " is " + value_->type_name() +
                             "; it must be " + wanted);
    }

  private:
    const Json* value_;
    std::string path_;
};

[[noreturn]] void unsupported(const Node& component, const std::string& type,
                              const char* supported) {
    throw ComponentError(component.path() + ".type \"" + type +
                         "\" is not supported; supported are " + supported);
}

/// Appends the component's steps, or those of each member of a Sequence.
template <typename Step, typename Read>
void flatten(const Node& component, const char* members, std::vector<Step>& out, const Read& read) {
    const std::string type = component.at("type").string();
    if (type == "Sequence") {
        for (const Node& member : component.at(members).elements())
            flatten(member, members, out, read);
    } else {
        if (out.size() == max_components) {
            throw ComponentError(component.path() + " is one component too many; at most " +
                                 std::to_string(max_components) + " are allowed");
        }
        out.push_back(read(component, type));
    }
}

Pattern read_pattern(const Node& node) {
    if (const auto regex = node.find("Regex"))
        return {regex->string(std::numeric_limits<std::size_t>::max()), true};
    const Node text = node.at("String");
    Pattern pattern{text.string(), false};
    if (pattern.text.empty()) throw ComponentError(text.path() + " is empty");
    return pattern;
}

SplitBehavior read_behavior(const Node& node) {
    const std::string name = node.string();
    if (name == "Removed") return SplitBehavior::removed;
    if (name == "Isolated") return SplitBehavior::isolated;
    if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
    if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
    if (name == "Contiguous") return SplitBehavior::contiguous;
    throw ComponentError(
        node.path() + " is \"" + name +
        "\"; it must be Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
}

MetaspaceStep read_metaspace(const Node& node) {
    MetaspaceStep step{node.at("replacement").character(), PrependScheme::always,
                       node.boolean("split", true)};
    if (const auto scheme = node.find("prepend_scheme")) {
        const std::string name = scheme->string();
        if (name == "first") {
            step.prepend = PrependScheme::first;
        } else if (name == "never") {
            step.prepend = PrependScheme::never;
        } else if (name != "always") {
            throw ComponentError(scheme->path() + " is \"" + name +
                                 "\"; it must be always, first or never");
        }
        if (step.prepend != PrependScheme::never && !node.boolean("add_prefix_space", true)) {
            throw ComponentError(scheme->path() + " is \"" + name +
                                 "\", but add_prefix_space is false");
        }
    } else if (!node.boolean("add_prefix_space", true)) {
        step.prepend = PrependScheme::never;  // as files before prepend_scheme say it
    }
    return step;
}

ReplaceStep read_replace(const Node& node) {
    return {read_pattern(node.at("pattern")), node.at("content").string()};
}

NormalizerStep read_normalizer(const Node& node, const std::string& type) {
    if (type == "NFC") return UnicodeFormStep{UnicodeForm::nfc};
    if (type == "NFD") return UnicodeFormStep{UnicodeForm::nfd};
    if (type == "NFKC") return UnicodeFormStep{UnicodeForm::nfkc};
    if (type == "NFKD") return UnicodeFormStep{UnicodeForm::nfkd};
    if (type == "Lowercase") return LowercaseStep{};
    if (type == "StripAccents") return StripMarksStep{};
    if (type == "Strip")
        return StripSpaceStep{node.at("strip_left").boolean(), node.at("strip_right").boolean()};
    if (type == "Prepend") return PrependStep{node.at("prepend").string()};
    if (type == "Replace") return read_replace(node);
    unsupported(
        node, type,
        "NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, Prepend, Replace and Sequence");
}

PreTokenizerStep read_pre_tokenizer(const Node& node, const std::string& type) {
    if (type == "ByteLevel")
        return ByteLevelStep{node.boolean("add_prefix_space", true),
                             node.boolean("use_regex", true)};
    if (type == "Split") {
        return SplitStep{read_pattern(node.at("pattern")), read_behavior(node.at("behavior")),
                         node.boolean("invert", false)};
    }
    if (type == "Metaspace") return read_metaspace(node);
    if (type == "Digits") return DigitsStep{node.boolean("individual_digits", false)};
    if (type == "Punctuation") {
        const auto behavior = node.find("behavior");
        return PunctuationStep{behavior ? read_behavior(*behavior) : SplitBehavior::isolated};
    }
    unsupported(node, type, "ByteLevel, Split, Metaspace, Digits, Punctuation and Sequence");
}

DecoderStep read_decoder(const Node& node, const std::string& type) {
    if (type == "ByteLevel") return ByteLevelDecoderStep{};
    if (type == "Replace") return read_replace(node);
    if (type == "ByteFallback") return ByteFallbackStep{};
    if (type == "Fuse") return FuseStep{};
    if (type == "Metaspace") return read_metaspace(node);
    if (type == "Strip") {
        constexpr std::int64_t most = 1024;
        return StripStep{node.at("content").character(),
                         static_cast<std::uint32_t>(node.at("start").integer(0, most)),
                         static_cast<std::uint32_t>(node.at("stop").integer(0, most))};
    }
    if (type == "BPEDecoder") {
        const Node suffix = node.at("suffix");
        if (suffix.string().empty()) throw ComponentError(suffix.path() + " is empty");
        return SuffixStep{suffix.string()};
    }
    unsupported(
        node, type,
        "ByteLevel, Replace, ByteFallback, Fuse, Strip, Metaspace, BPEDecoder and Sequence");
}

Template read_template(const Node& node) {
    const auto known = node.find("special_tokens");
    Template out;
    for (const Node& piece : node.at("single").elements()) {
        if (piece.find("Sequence")) {
            out.push_back({{}, true});
            continue;
        }
        const Node name = piece.at("SpecialToken").at("id");
        const auto entry = known ? known->find(name.string().c_str()) : std::nullopt;
        if (!entry) {
            throw ComponentError(name.path() + " is \"" + name.string() +
                                 "\", which special_tokens does not list");
        }
        TemplatePiece special;
        for (const Node& id : entry->at("ids").elements()) special.ids.push_back(id.id());
        out.push_back(std::move(special));
    }
    if (out.empty()) throw ComponentError(node.path() + ".single is empty");
    if (out.size() > max_components) {
        throw ComponentError(node.path() + ".single has too many pieces");
    }
    return out;
}

/// ["<s>", 1]
TemplatePiece read_named_id(const Node& node) {
    const std::vector<Node> parts = node.elements();
    if (parts.size() != 2) node.wrong("a token and its id");
    return {{parts[1].id()}, false};
}

Template read_post_processor(const Node& node, const std::string& type) {
    if (type == "TemplateProcessing") return read_template(node);
    if (type == "ByteLevel") return {};  // changes offsets alone
    if (type == "RobertaProcessing" || type == "BertProcessing") {
        return {read_named_id(node.at("cls")), {{}, true}, read_named_id(node.at("sep"))};
    }
    unsupported(node, type,
                "TemplateProcessing, ByteLevel, RobertaProcessing, BertProcessing and Sequence");
}

Template read_post_processors(const Node& node) {
    std::vector<Template> all;
    flatten(node, "processors", all, read_post_processor);
    std::erase_if(all, [](const Template& t) { return t.empty(); });
    // The library itself puts the ids of several in an order that no file means.
    if (all.size() > 1)
        throw ComponentError(node.path() + " adds ids more than once, which is not supported");
    return all.empty() ? Template() : all.front();
}

std::vector<AddedToken> read_added_tokens(const Node& root) {
    std::vector<AddedToken> out;
    const auto list = root.find("added_tokens");
    if (!list) return out;
    for (const Node& node : list->elements()) {
        AddedToken token;
        token.id = node.at("id").id();
        token.content = node.at("content").string();
        if (token.content.empty()) throw ComponentError(node.path() + ".content is empty");
        token.single_word = node.boolean("single_word", false);
        token.lstrip = node.boolean("lstrip", false);
        token.rstrip = node.boolean("rstrip", false);
        token.special = node.boolean("special", false);
        token.normalized = node.boolean("normalized", !token.special);
        out.push_back(std::move(token));
    }
    return out;
}

BpeSpec read_model(const Node& model, TokenizerDocument&& document) {
    // Files of the library's first years do not name the type; merges tell.
    const auto type = model.find("type");
    const std::string name = type ? type->string() : document.has_merges ? "BPE" : "?";
    if (name != "BPE") unsupported(model, name, "BPE alone");
    if (!document.has_vocab)
        throw ComponentError("model.vocab is not there, or is no object of tokens and ids");
    if (!document.has_merges) throw ComponentError("model.merges is not there, or is no list");
    if (const auto dropout = model.find("dropout"); dropout && dropout->number() != 0) {
        throw ComponentError(
            "model.dropout is not 0; it would make the same text give other ids each time");
    }
    BpeSpec bpe;
    bpe.vocab = std::move(document.vocab);
    bpe.merges = std::move(document.merges);
    if (const auto unk = model.find("unk_token")) bpe.unk_token = unk->string();
    bpe.continuing_subword_prefix = model.string_or_empty("continuing_subword_prefix");
    bpe.end_of_word_suffix = model.string_or_empty("end_of_word_suffix");
    bpe.fuse_unk = model.boolean("fuse_unk", false);
    bpe.byte_fallback = model.boolean("byte_fallback", false);
    bpe.ignore_merges = model.boolean("ignore_merges", false);
    return bpe;
}

}  // namespace

TokenizerSpec read_tokenizer_spec(std::string_view json) {
    TokenizerDocument document = read_tokenizer_document(json);
    const std::unique_ptr<Json> rest = std::move(document.rest);
    const Node root(*rest, "");
    TokenizerSpec spec;
    spec.model = read_model(root.at("model"), std::move(document));
    spec.added_tokens = read_added_tokens(root);
    if (const auto node = root.find("normalizer"))
        flatten(*node, "normalizers", spec.normalizer, read_normalizer);
    if (const auto node = root.find("pre_tokenizer"))
        flatten(*node, "pretokenizers", spec.pre_tokenizer, read_pre_tokenizer);
    if (const auto node = root.find("post_processor"))
        spec.post_processor = read_post_processors(*node);
    if (const auto node = root.find("decoder"))
        flatten(*node, "decoders", spec.decoder.emplace(), read_decoder);
    return spec;
}

}  // namespace hekla::text
