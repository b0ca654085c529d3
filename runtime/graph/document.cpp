// SPDX-License-Identifier: MIT
#include "graph/document.hpp"

#include "graph/scalar.hpp"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <unordered_map>
#include <utility>

namespace hekla::graph {
namespace {

/// Thrown through yaml-cpp once the reason has been reported.
struct Refused {};

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_break(char c) { return c == '\n' || c == '\r'; }

std::string hex_byte(char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    return {'0', 'x', digits[byte >> 4], digits[byte & 15]};
}

/// The first byte that is neither blank nor part of a comment, from `at` on.
std::size_t skip_space(std::string_view text, std::size_t at) {
    while (at < text.size()) {
        if (text[at] == '#' && (at == 0 || is_blank(text[at - 1]) || is_break(text[at - 1])))
            while (at < text.size() && !is_break(text[at])) ++at;
        else if (is_blank(text[at]) || is_break(text[at]))
            ++at;
        else
            break;
    }
    return at;
}

/// Checks that need no parser. True if the text may go on to it.
bool check_bytes(const SourcePtr& source, Diagnostics& out, const Limits& limits) {
    const std::string_view text = source->text();
    if (text.size() > limits.max_bytes) {
        out.error(source, "HK3001",
                  "file has " + std::to_string(text.size()) + " bytes, over the limit of " +
                      std::to_string(limits.max_bytes))
            .help("large tables belong into the weight file");
        return false;
    }
    constexpr std::string_view save_help = "save the file as UTF-8 without a byte-order mark";
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF") ||
        text.substr(0, 4).find('\0') != std::string_view::npos) {
        out.error(source, "HK1002", "file is not UTF-8: it looks like UTF-16 or UTF-32",
                  source->place(0, 1))
            .help(std::string(save_help));
        return false;
    }
    if (text.starts_with("\xEF\xBB\xBF")) {
        out.error(source, "HK1003", "file starts with a byte-order mark", source->place(0, 3))
            .help(std::string(save_help));
        return false;
    }
    if (const auto at = find_invalid_utf8(text)) {
        out.error(source, "HK1002",
                  "file is not UTF-8: byte " + hex_byte(text[*at]) + " at offset " +
                      std::to_string(*at),
                  source->place(*at, *at + 1))
            .help(std::string(save_help));
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool c1 = byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0 &&
                        static_cast<unsigned char>(text[i + 1]) != 0x85;
        const bool mark = text.substr(i, 3) == "\xEF\xBB\xBF";
        const bool lone_return =
            byte == '\r' && text.substr(i, 2) != "\r\n";  // no line end to YAML readers
        if ((byte < 0x20 && byte != '\t' && !is_break(text[i])) || lone_return || byte == 0x7F ||
            c1 || mark) {
            const std::string name = mark ? "U+FEFF"
                                     : c1 ? "U+00" + hex_byte(text[i + 1]).substr(2)
                                          : "U+00" + hex_byte(text[i]).substr(2);
            out.error(source, "HK1003", "control character " + name + " is not allowed",
                      source->place(i, i + 1))
                .help("remove it; a graph file is plain text");
            return false;
        }
    }
    return true;
}

/// A tab may stand between the tokens of JSON, but not indent YAML.
bool check_tabs(const SourcePtr& source, Diagnostics& out) {
    const std::string_view text = source->text();
    const std::size_t first = skip_space(text, 0);
    if (first < text.size() && text[first] == '{') return true;
    for (std::uint32_t number = 1; number <= source->line_count(); ++number) {
        const std::string_view line = source->line(number);
        const std::size_t start = line.find_first_not_of(" \t");
        if (start == std::string_view::npos || line[start] == '#') continue;
        const std::size_t tab = line.substr(0, start).find('\t');
        if (tab == std::string_view::npos) continue;
        out.error(source, "HK1006",
                  "not valid YAML: found character '\\t' that cannot start any token",
                  {number, static_cast<std::uint32_t>(tab + 1), 1})
            .help("indent with spaces; YAML forbids tabs");
        return false;
    }
    return true;
}

/// yaml-cpp decodes each `\uXXXX` alone and refuses surrogates. Ours decodes pairs, so it is shown harmless ones of the same length.
std::string hide_surrogates(std::string text) {
    for (std::size_t i = text.find("\\u"); i != std::string::npos; i = text.find("\\u", i + 2)) {
        if (i + 6 > text.size()) break;
        const char kind = text[i + 2], next = text[i + 3];
        if ((kind == 'd' || kind == 'D') &&
            ((next >= '8' && next <= '9') || (next >= 'a' && next <= 'f') ||
             (next >= 'A' && next <= 'F')))
            text[i + 2] = 'e';  // the private use area
    }
    return text;
}

class TreeBuilder : public YAML::EventHandler {
  public:
    TreeBuilder(SourcePtr source, Diagnostics& out, const Limits& limits)
        : source_(std::move(source)), out_(out), limits_(limits) {}

    bool started() const { return started_; }
    std::size_t document_start() const { return document_start_; }
    DocNode take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& mark) override {
        started_ = true;
        document_start_ = offset(mark);
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
        count(offset(mark));
        DocNode node;
        node.begin = node.end = static_cast<std::uint32_t>(offset(mark));
        const std::string_view rest = text().substr(node.begin);
        for (std::string_view word : {"null", "Null", "NULL", "~"})
            if (rest.starts_with(word)) {
                node.end += static_cast<std::uint32_t>(word.size());
                node.text = word;
                break;
            }
        if (node.text.empty()) node.begin = node.end = static_cast<std::uint32_t>(last_end_);
        add(std::move(node));
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse_anchor(offset(mark)); }
    void OnAnchor(const YAML::Mark& mark, const std::string&) override {
        refuse_anchor(offset(mark));
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  const std::string& value) override {
        const std::size_t at = offset(mark);
        refuse_tag(at, tag);
        count(at);
        DocNode node;
        node.kind = DocNode::Kind::scalar;
        node.flow = !frames_.empty() && frames_.back().node.flow;
        if (!locate_scalar(text(), at, value, node)) {
            out_.error(source_, "HK1006", "not valid YAML: a comment line stands inside this value",
                       source_->place(node.end, node.end + 1))
                .help("move the comment above or below the call");
            throw Refused();
        }
        if (node.style == DocNode::Style::block &&
            text().substr(at + 1, 2).find_first_of("0123456789") != std::string_view::npos) {
            out_.error(source_, "HK1006", "an indentation number behind `|` or `>` is not allowed",
                       source_->place(at, at + 2))
                .help("indent the text's first line like the others");
            throw Refused();
        }
        last_end_ = node.end;
        add(std::move(node));
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                         YAML::EmitterStyle::value style) override {
        open(mark, tag, DocNode::Kind::list, style == YAML::EmitterStyle::Flow);
    }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                    YAML::EmitterStyle::value style) override {
        open(mark, tag, DocNode::Kind::map, style == YAML::EmitterStyle::Flow);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapEnd() override {
        check_keys(frames_.back().node);
        close();
    }

    /// The last scalar of an open flow container, if the text goes on with what YAML takes for the start or end of another one:
    /// `ids: i32` before `[B, T]`.
    std::optional<DocNode> cut_scalar() const {
        if (frames_.empty() || !frames_.back().node.flow) return std::nullopt;
        const Frame& frame = frames_.back();
        const DocNode* last = nullptr;
        if (frame.node.is_list()) {
            if (!frame.node.items.empty()) last = &frame.node.items.back();
        } else if (!frame.node.members.empty()) {
            last = &frame.node.members.back().value;
        }
        if (frame.has_key) last = &frame.key;
        if (last == nullptr || !last->is_scalar() || last->style != DocNode::Style::plain)
            return std::nullopt;
        const std::size_t after = skip_space(text(), last->end);
        if (after >= text().size() || (text()[after] != '[' && text()[after] != '{'))
            return std::nullopt;
        return *last;
    }

  private:
    struct Frame {
        DocNode node;
        DocNode key;
        bool has_key = false;
    };

    std::string_view text() const { return source_->text(); }
    std::size_t offset(const YAML::Mark& mark) const {
        return mark.pos < 0 ? 0 : std::min(static_cast<std::size_t>(mark.pos), text().size());
    }

    void count(std::size_t at) {
        if (++node_count_ <= limits_.max_nodes) return;
        out_.error(source_, "HK3004",
                   "file has more than " + std::to_string(limits_.max_nodes) + " nodes",
                   source_->place(at, at + 1))
            .help("use `blocks:` and `repeat:` instead of writing layers out");
        throw Refused();
    }

    void refuse_anchor(std::size_t at) {
        std::size_t end = at + 1;
        while (end < text().size() && !is_blank(text()[end]) && !is_break(text()[end]) &&
               std::string_view(",[]{}").find(text()[end]) == std::string_view::npos)
            ++end;
        const bool alias = at < text().size() && text()[at] == '*';
        const std::string word(text().substr(at, end - at));
        out_.error(source_, "HK1004",
                   std::string("YAML ") + (alias ? "alias" : "anchor") + " `" + word +
                       "` is not allowed",
                   source_->place(at, end), alias ? "alias" : "anchor")
            .help("use `blocks:` for reuse, `params:` for shared numbers");
        throw Refused();
    }

    void refuse_tag(std::size_t at, const std::string& tag) {
        if (at >= text().size() || text()[at] != '!') return;
        std::size_t end = at;
        while (end < text().size() && !is_blank(text()[end]) && !is_break(text()[end])) ++end;
        out_.error(source_, "HK1005", "YAML tag `" + tag + "` is not allowed",
                   source_->place(at, end));
        throw Refused();
    }

    void open(const YAML::Mark& mark, const std::string& tag, DocNode::Kind kind, bool flow) {
        const std::size_t at = offset(mark);
        refuse_tag(at, tag);
        count(at);
        if (frames_.size() >= limits_.max_depth) {
            out_.error(
                source_, "HK3002",
                "lists and maps are nested over the limit of " + std::to_string(limits_.max_depth),
                source_->place(at, at + 1));
            throw Refused();
        }
        Frame frame;
        frame.node.kind = kind;
        frame.node.flow = flow;
        frame.node.begin = frame.node.end = static_cast<std::uint32_t>(at);
        last_end_ = flow ? at + 1 : at;
        frames_.push_back(std::move(frame));
    }

    void close() {
        DocNode node = std::move(frames_.back().node);
        frames_.pop_back();
        std::size_t end = std::max<std::size_t>(last_end_, node.begin);
        if (node.flow && node.begin < text().size() &&
            (text()[node.begin] == '[' || text()[node.begin] == '{')) {
            const char bracket = node.is_list() ? ']' : '}';
            for (std::size_t i = skip_space(text(), end); i < text().size();
                 i = skip_space(text(), i + 1)) {
                if (text()[i] == bracket) {
                    end = i + 1;
                    break;
                }
                if (text()[i] != ',' && text()[i] != ':' && text()[i] != '?') break;
            }
        }
        node.end = static_cast<std::uint32_t>(end);
        last_end_ = end;
        add(std::move(node));
    }

    void add(DocNode node) {
        node.place = source_->place(node.begin, node.end);
        if (frames_.empty()) {
            root_ = std::move(node);
            return;
        }
        Frame& frame = frames_.back();
        if (frame.node.is_list()) {
            frame.node.items.push_back(std::move(node));
        } else if (!frame.has_key) {
            check_key(node);
            frame.key = std::move(node);
            frame.has_key = true;
        } else {
            frame.node.members.push_back({std::move(frame.key), std::move(node)});
            frame.key = {};
            frame.has_key = false;
        }
    }

    void check_key(DocNode& key) {
        if (key.is_null() &&
            !key.text.empty()) {  // `null:`; names are checked for such words later
            key.kind = DocNode::Kind::scalar;
            key.runs.push_back({0, key.begin});
        }
        if (!key.is_scalar() || key.style == DocNode::Style::block) {
            out_.error(source_, "HK1203", "a key must be a word", key.place)
                .help("a call with brackets or `: ` inside { } needs quotes");
            throw Refused();
        }
        if (key.text == "<<" && key.style == DocNode::Style::plain) {
            out_.error(source_, "HK1004", "YAML merge key `<<` is not allowed", key.place)
                .help("use `blocks:` for reuse, `defaults:` for shared settings");
            throw Refused();
        }
    }

    void check_keys(const DocNode& map) {
        std::unordered_map<std::string_view, const DocNode*> seen;
        for (const DocNode::Member& member : map.members) {
            const auto [first, is_new] = seen.emplace(member.key.text, &member.key);
            if (is_new) continue;
            out_.error(source_, "HK1204", "`" + member.key.text + "` is defined twice",
                       member.key.place, "again here")
                .also(first->second->place, "first defined here")
                .help("a value is set once; give the second one another name");
        }
    }

    SourcePtr source_;
    Diagnostics& out_;
    const Limits& limits_;
    std::vector<Frame> frames_;
    DocNode root_;
    std::size_t node_count_ = 0;
    std::size_t last_end_ = 0;
    std::size_t document_start_ = 0;
    bool started_ = false;
};

std::string first_lower(std::string text) {
    if (text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a')
        text[0] = static_cast<char>(text[0] - 'A' + 'a');
    return text;
}

void report_yaml_error(const SourcePtr& source, const YAML::Exception& error,
                       const TreeBuilder& tree, Diagnostics& out) {
    const std::string_view text = source->text();
    std::size_t at =
        error.mark.pos < 0 ? 0 : std::min(static_cast<std::size_t>(error.mark.pos), text.size());
    if (at < text.size() && text[at] == '*') {  // an alias of an anchor that does not exist
        std::size_t end = at + 1;
        while (end < text.size() && !is_blank(text[end]) && !is_break(text[end])) ++end;
        out.error(source, "HK1004",
                  "YAML alias `" + std::string(text.substr(at, end - at)) + "` is not allowed",
                  source->place(at, end), "alias")
            .help("a text that starts with `*` needs quotes");
        return;
    }
    if (const auto cut = tree.cut_scalar()) {
        out.error(source, "HK1105",
                  "this call is cut off: inside { } or [ ] a `[` or `{` starts another YAML value",
                  cut->place, "YAML sees only this")
            .help("write each call on its own `- ` line, or quote it");
        return;
    }
    Diagnostic& message = out.error(source, "HK1006", "not valid YAML: " + first_lower(error.msg),
                                    source->place(at, at + 1));
    const std::string_view line = source->line(source->place(at, at).line);
    if (line.find(": ") != line.rfind(": "))
        message.help("a value with `: ` inside needs quotes; calls never contain it");
    else if (line.find(" #") != std::string_view::npos ||
             error.msg.find("map") != std::string::npos)
        message.help(
            "check the indentation, and that each key has its `: `; a ` #` starts a comment and "
            "cuts a call");
}

}  // namespace

const DocNode* DocNode::find(std::string_view key) const {
    for (const Member& member : members)
        if (member.key.text == key) return &member.value;
    return nullptr;
}

std::optional<Document> parse_document(SourcePtr source, Diagnostics& out, const Limits& limits) {
    const std::size_t errors = out.error_count();
    if (!check_bytes(source, out, limits) || !check_tabs(source, out)) return std::nullopt;
    TreeBuilder tree(source, out, limits), second(source, out, limits);
    TreeBuilder* current = &tree;
    try {
        std::istringstream stream(hide_surrogates(source->text()));
        YAML::Parser parser(stream);
        if (!parser.HandleNextDocument(tree)) {
            out.error(source, "HK1001", "the file is empty", source->place(0, 0));
            return std::nullopt;
        }
        current = &second;
        if (parser.HandleNextDocument(second)) {
            const std::size_t at = second.document_start();
            out.error(source, "HK1007", "a second YAML document starts here",
                      source->place(at, at + 1))
                .help("one file holds one graph; remove the `---`");
            return std::nullopt;
        }
    } catch (const Refused&) {
        return std::nullopt;
    } catch (const YAML::Exception& error) {
        report_yaml_error(source, error, *current, out);
        return std::nullopt;
    }
    if (out.error_count() > errors) return std::nullopt;
    return Document{std::move(source), tree.take()};
}

}  // namespace hekla::graph
