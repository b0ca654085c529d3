// SPDX-License-Identifier: MIT
#include "graph/model_reader.hpp"

#include "base/did_you_mean.hpp"

#include <algorithm>
#include <array>

namespace hekla::graph {
namespace {

constexpr std::int64_t newest_version = 1;

constexpr std::array<std::string_view, 19> sections = {
    "hekla",     "name",     "serves",  "needs",      "params", "expects", "dims",
    "precision", "defaults", "weights", "inputs",     "state",  "blocks",  "graph",
    "outputs",   "entries",  "ops",     "extensions", "extras"};

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

template <std::size_t n>
bool contains(const std::array<std::string_view, n>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// Why a word cannot be a name; empty if it can.
std::string_view why_reserved(std::string_view word, bool file_scope) {
    constexpr std::array<std::string_view, 6> yaml = {"on", "off", "yes", "no", "true", "false"};
    constexpr std::array<std::string_view, 7> language = {"none", "null", "and", "or",
                                                          "not",  "if",   "else"};
    const std::string plain = lower(word);
    if (contains(yaml, plain))
        return "YAML readers disagree on whether this word is a boolean; choose another";
    if (contains(language, plain)) return "it is a word of the language; choose another";
    if (word == "_") return "it is the line above in a pipeline, or the last turn of a `repeat`";
    if (!file_scope) return {};
    if (word == "w") return "it is the root of the weights";
    if (word == "arch") return "it is the name under which the checkpoint was recognised";
    if (word == "format") return "it is the weight file's format";
    return {};
}

/// Why a path of the file may not be opened; empty if it may. Symbolic links are the business of who opens it.
bool leaves_folder(std::string_view path) {
    if (path.starts_with('/') || path.starts_with('~') ||
        path.find('\\') != std::string_view::npos || path.find(':') != std::string_view::npos)
        return true;
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        if (path.substr(begin, end - begin) == "..") return true;
        begin = end + 1;
    }
    return false;
}

std::string list_words(std::span<const std::string_view> words) {
    std::string text;
    for (std::string_view word : words) {
        if (!text.empty()) text += ", ";
        text += word;
    }
    return text;
}

}  // namespace

Diagnostic& ModelReader::error(std::string_view code, std::string message, Place place,
                               std::string label) {
    return state_.out.error(state_.source, code, std::move(message), place, std::move(label));
}

Place ModelReader::place_of(const DocNode& node) const {
    return node.place.length > 0 ? node.place : state_.source->place(node.begin, node.begin + 1);
}

bool ModelReader::is_map(const DocNode& node, std::string_view what) {
    if (node.is_map()) return true;
    if (node.is_null()) return false;  // an empty section
    error("HK1214", "`" + std::string(what) + ":` must be a map", place_of(node))
        .help("write `name: value` lines below it");
    return false;
}

bool ModelReader::is_list(const DocNode& node, std::string_view what) {
    if (node.is_list()) return true;
    if (node.is_null()) return false;
    error("HK1214", "`" + std::string(what) + ":` must be a list", place_of(node))
        .help("write `- ` lines below it");
    return false;
}

bool ModelReader::check_name(const DocNode& key, NameRules rules) {
    const std::string_view why = why_reserved(key.text, rules.file_scope);
    if (!why.empty()) {
        error("HK1206", "`" + key.text + "` cannot be used as a name", key.place)
            .help(std::string(why));
        return false;
    }
    if (!is_name(key.text)) {
        error("HK1201", "`" + key.text + "` is not a name of a " + std::string(rules.what),
              place_of(key))
            .help("names are letters, digits and `_`, and do not start with a digit");
        return false;
    }
    return true;
}

void ModelReader::unknown_key(const DocNode& key, std::span<const std::string_view> known) {
    const std::string help = did_you_mean_help(key.text, known);
    error("HK1213", "`" + key.text + "` is not known here", key.place)
        .help(help.empty() ? "known are " + list_words(known) : help);
}

std::optional<Word> ModelReader::read_word(const DocNode& node, std::string_view what) {
    if (node.is_scalar() && node.style != DocNode::Style::block && !node.text.empty())
        return Word{node.text, node.place};
    if (node.is_null() && !node.text.empty()) return Word{node.text, node.place};
    error("HK1215", "`" + std::string(what) + "` must be a word", place_of(node));
    return std::nullopt;
}

std::optional<Word> ModelReader::read_path(const DocNode& node, std::string_view what,
                                           std::string_view help) {
    auto word = read_word(node, what == "weight" ? "file" : what);
    if (word && leaves_folder(word->text)) {
        error("HK4001",
              std::string(what) + " path `" + word->text + "` leaves the folder of the graph file",
              word->place)
            .help(std::string(help));
        return std::nullopt;
    }
    return word;
}

std::vector<Word> ModelReader::read_words(const DocNode& node, std::string_view what) {
    std::vector<Word> words;
    if (node.is_null() && node.text.empty()) return words;
    if (!node.is_list()) {
        if (auto word = read_word(node, what)) words.push_back(std::move(*word));
        return words;
    }
    for (const DocNode& item : node.items)
        if (auto word = read_word(item, what)) words.push_back(std::move(*word));
    return words;
}

std::vector<Setting> ModelReader::read_settings(const DocNode& node, std::string_view what) {
    std::vector<Setting> settings;
    if (!is_map(node, what)) return settings;
    for (const DocNode::Member& member : node.members) {
        Setting setting;
        if (!is_name(member.key.text)) {
            error("HK1201", "`" + member.key.text + "` is not a name of a setting",
                  place_of(member.key))
                .help("names are letters, digits and `_`, and do not start with a digit");
            continue;
        }
        setting.name = member.key.text;
        setting.name_place = member.key.place;
        setting.value = read(member.value);
        if (member.value.is_scalar()) setting.text = {member.value.text, member.value.place};
        if (setting.value) settings.push_back(std::move(setting));
    }
    return settings;
}

ExprPtr ModelReader::read_literal(const DocNode& node) {
    auto expr = std::make_unique<Expr>();
    expr->place = expr->text_place = node.place;
    ++state_.nodes;
    if (node.is_list()) {
        expr->kind = Expr::Kind::list;
        for (const DocNode& item : node.items) {
            expr->children.push_back(read_literal(item));
            if (!expr->children.back()) return nullptr;
        }
        return expr;
    }
    if (node.is_map() || (node.is_scalar() && node.style == DocNode::Style::block)) {
        error("HK1215", "a word, a number or a list was expected here", place_of(node));
        return nullptr;
    }
    expr->text = node.text;
    if (node.is_null() || node.text == "none") {
        expr->kind = Expr::Kind::none;
    } else if (const auto integer = as_integer(node)) {
        expr->kind = Expr::Kind::integer;
        expr->integer = *integer;
    } else if (const auto real = as_real(node)) {
        expr->kind = Expr::Kind::real;
        expr->real = *real;
    } else if (const auto boolean = as_boolean(node)) {
        expr->kind = Expr::Kind::boolean;
        expr->integer = *boolean ? 1 : 0;
    } else {
        expr->kind = Expr::Kind::string;
        std::string& text = expr->text;
        const bool quoted = text.size() >= 2 && text.front() == '\'' && text.back() == '\'';
        if (quoted) text = text.substr(1, text.size() - 2);
    }
    return expr;
}

std::vector<Port> ModelReader::read_ports(const DocNode& node, std::string_view what,
                                          TypeRules rules, NameRules names) {
    std::vector<Port> ports;
    if (!is_map(node, what)) return ports;
    for (const DocNode::Member& member : node.members) {
        const bool good = check_name(member.key, names);
        auto type = read_type(state_, member.value, rules);
        if (good && type) ports.push_back({member.key.text, member.key.place, std::move(*type)});
    }
    return ports;
}

std::vector<Port> ModelReader::read_ordered_ports(const DocNode& node, TypeRules rules,
                                                  NameRules names) {
    std::vector<Port> ports;
    if (node.is_null()) return ports;
    if (node.is_map() && !node.members.empty()) {
        const DocNode::Member& first = node.members.front();
        error("HK1212",
              "`in:` must be a list (`- x: float[B, T, d]`): the order is the calling order",
              state_.source->place(first.key.begin, first.value.end));
        return ports;
    }
    if (!is_list(node, "in")) return ports;
    std::unordered_map<std::string_view, Place> seen;
    for (const DocNode& item : node.items) {
        if (!item.is_map() || item.members.size() != 1) {
            error("HK1214", "an input is written `- name: type`", place_of(item))
                .help("for instance `- x: float[B, T, d]`");
            continue;
        }
        const DocNode::Member& member = item.members.front();
        const bool good = check_name(member.key, names);
        auto type = read_type(state_, member.value, rules);
        if (!good || !type) continue;
        const auto [first, is_new] = seen.emplace(member.key.text, member.key.place);
        if (!is_new) {
            error("HK1204", "`" + member.key.text + "` is defined twice", member.key.place,
                  "again here")
                .also(first->second, "first defined here")
                .help("give the second input another name");
            continue;
        }
        ports.push_back({member.key.text, member.key.place, std::move(*type)});
    }
    return ports;
}

void ModelReader::missing(const DocNode& key, std::string message, std::string help) {
    error("HK1216", std::move(message), place_of(key)).help(std::move(help));
}

bool ModelReader::report_cut_calls(const DocNode& node) {
    if (is_cut_call(node)) {
        report_cut_call(state_, node);
        return true;
    }
    bool found = false;
    // The rest of a cut call lies in the next members of the same container.
    for (const DocNode& item : node.items)
        if (report_cut_calls(item)) {
            if (node.flow) return true;
            found = true;
        }
    for (const DocNode::Member& member : node.members)
        if (report_cut_calls(member.key) || report_cut_calls(member.value)) {
            if (node.flow) return true;
            found = true;
        }
    return found;
}

bool ModelReader::read_version() {
    const DocNode* version = document_.root.find("hekla");
    if (version == nullptr) {
        error("HK1210", "`hekla: 1` is missing", state_.source->place(0, 1))
            .help("the first line of a graph file says its format: `hekla: 1`");
        return false;
    }
    const auto number = as_integer(*version);
    if (!number || *number < 1) {
        error("HK1210", "`hekla:` must be a whole number", place_of(*version))
            .help("write `hekla: 1`");
        return false;
    }
    if (*number > newest_version) {
        error("HK1211",
              "file format " + std::to_string(*number) + " is newer than this reader (" +
                  std::to_string(newest_version) + ")",
              version->place)
            .help("update hekla, or ask for a format-" + std::to_string(newest_version) + " file");
        return false;
    }
    model_.version = *number;
    return true;
}

void ModelReader::read_needs(const DocNode& node) {
    // Format 1 has no additions yet.
    for (const Word& word : read_words(node, "needs"))
        error("HK1219", "this file needs `" + word.text + "`, which this reader does not know",
              word.place)
            .help("update hekla");
}

void ModelReader::read_section(const DocNode::Member& section) {
    const std::string& name = section.key.text;
    const DocNode& value = section.value;
    if (name == "hekla") return;
    if (name == "name") {
        if (auto word = read_word(value, "name")) model_.name = std::move(*word);
    } else if (name == "serves") {
        model_.serves = read_words(value, "serves");
    } else if (name == "needs") {
        read_needs(value);
    } else if (name == "params") {
        read_params(value);
    } else if (name == "expects") {
        read_expects(value);
    } else if (name == "dims") {
        read_dims(value);
    } else if (name == "precision") {
        read_precision(value);
    } else if (name == "defaults") {
        read_defaults(value);
    } else if (name == "weights") {
        read_weights(value);
    } else if (name == "state") {
        read_state(value);
    } else if (name == "blocks") {
        read_blocks(value);
    } else if (name == "ops") {
        read_ops(value);
    } else if (name == "entries") {
        entries_key_ = &section.key;
        read_entries(value);
    } else if (name == "inputs" || name == "graph" || name == "outputs") {
        if (single_key_ == nullptr) single_key_ = &section.key;
        read_entry_part(section, single_);
    } else if (name == "extensions") {
        model_.extensions = value;
    } else if (name == "extras") {
        model_.extras = value;
    } else {
        const std::string help = did_you_mean_help(name, sections);
        error("HK1205", "unknown section `" + name + "`", section.key.place)
            .help(help.empty() ? "what Hekla should not look at goes under `extras:`" : help);
    }
}

void ModelReader::check_entries() {
    if (entries_key_ != nullptr && single_key_ != nullptr) {
        error("HK1217", "a file has either `entries:` or `" + single_key_->text + ":`, not both",
              single_key_->place)
            .also(entries_key_->place, "entries are here")
            .help("move it into an entry");
        return;
    }
    if (entries_key_ != nullptr) return;
    const DocNode& anchor =
        document_.root.members.empty() ? document_.root : document_.root.members.front().key;
    if (!single_.graph_place)
        missing(anchor, "section `graph:` is missing",
                "a graph file needs `graph:` and `outputs:`, or `entries:`");
    else if (!single_.outputs_place)
        missing(anchor, "section `outputs:` is missing",
                "say which values of `graph:` a run gives");
    check_twice(single_.inputs, single_.graph);
    model_.entries.push_back(std::move(single_));
}

FileModel ModelReader::read() {
    const DocNode& root = document_.root;
    if (!root.is_map()) {
        error("HK1209", "a graph file is a map of sections", place_of(root))
            .help("it starts with `hekla: 1`");
        return std::move(model_);
    }
    if (!read_version()) return std::move(model_);
    bool cut = false;
    for (const DocNode::Member& section : root.members)
        if (section.key.text != "extras" && section.key.text != "extensions")
            cut |= report_cut_calls(section.value);
    if (cut) return std::move(model_);  // whatever else there is to say would be about the pieces
    const std::size_t before = state_.out.error_count();
    for (const DocNode::Member& section : root.members) read_section(section);
    // After other mistakes a section may only seem to be missing.
    if (state_.out.error_count() == before) check_entries();
    return std::move(model_);
}

std::optional<FileModel> parse_graph_file(SourcePtr source, Diagnostics& out,
                                          const Limits& limits) {
    const std::size_t errors = out.error_count();
    const auto document = parse_document(std::move(source), out, limits);
    if (!document) return std::nullopt;
    FileModel model = ModelReader(*document, out, limits).read();
    if (out.error_count() > errors) return std::nullopt;
    return model;
}

}  // namespace hekla::graph
