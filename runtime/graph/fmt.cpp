// SPDX-License-Identifier: MIT
#include "base/error.hpp"
#include "graph/fmt_text.hpp"
#include "graph/parse.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <utility>

namespace hekla::graph {
namespace {

constexpr std::size_t line_width = 100;

struct Comment {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::string text;
    bool own_line = false;
};

/// What stands in a part of the file, which decides how its scalars are written.
enum class Part : std::uint8_t {
    root,
    verbatim,  ///< extensions, extras: not ours to touch
    raw,       ///< words and patterns
    expr,      ///< expressions and types
    params,
    param,
    ops,
    op,
    blocks,
    block,
    ports,  ///< `in:`
    body,
    entries,
    entry,
};

Part part_of(Part parent, std::string_view key) {
    const auto is = [&](std::initializer_list<std::string_view> words) {
        return std::find(words.begin(), words.end(), key) != words.end();
    };
    switch (parent) {
        case Part::root:
            if (is({"extensions", "extras"})) return Part::verbatim;
            if (is({"name", "serves", "needs", "expects", "weights"})) return Part::raw;
            if (key == "params") return Part::params;
            if (key == "ops") return Part::ops;
            if (key == "blocks") return Part::blocks;
            if (key == "graph") return Part::body;
            if (key == "entries") return Part::entries;
            return Part::expr;
        case Part::params:
            return Part::param;
        case Part::param:
            return is({"from", "choice"}) ? Part::raw : Part::expr;
        case Part::ops:
            return Part::op;
        case Part::op:
            return is({"shader", "bindings", "attrs"}) ? Part::raw
                   : key == "in"                       ? Part::ports
                                                       : Part::expr;
        case Part::blocks:
            return Part::block;
        case Part::block:
            return key == "body" ? Part::body : key == "in" ? Part::ports : Part::expr;
        case Part::entries:
            return Part::entry;
        case Part::entry:
            return key == "graph" ? Part::body : Part::expr;
        case Part::verbatim:
            return Part::verbatim;
        case Part::raw:
            return Part::raw;
        default:
            return Part::expr;
    }
}

/// The customary order of keys. JSON tools sort them, so there the order says nothing worth keeping.
void order_members(DocNode& node, Part part) {
    constexpr std::array<std::string_view, 40> order = {
        "hekla",     "name",     "serves",  "needs",      "params",  "expects",  "dims",
        "precision", "defaults", "weights", "ops",        "inputs",  "state",    "blocks",
        "graph",     "entries",  "outputs", "extensions", "extras",  // a file; entries
        "shader",    "in",       "attrs",   "body",       "out",     "bindings", "push",
        "spec",      "groups",                                                 // ops, blocks
        "repeat",    "index",    "from",    "step",       "collect", "carry",  // repeats
        "list",      "choice",   "default", "state",      "next",    "max"};   // params, dims
    const bool has_names = part == Part::params || part == Part::ops || part == Part::blocks ||
                           part == Part::body || part == Part::entries || part == Part::raw ||
                           part == Part::verbatim || part == Part::ports;
    const auto rank = [&](const DocNode::Member& member) {
        return std::find(order.begin(), order.end(), member.key.text) - order.begin();
    };
    if (!has_names)
        std::stable_sort(node.members.begin(), node.members.end(),
                         [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    for (DocNode::Member& member : node.members)
        order_members(member.value, part_of(part, member.key.text));
    for (DocNode& item : node.items) order_members(item, part);
}

void collect_scalars(const DocNode& node,
                     std::vector<std::pair<std::uint32_t, std::uint32_t>>& extents) {
    if (node.is_scalar()) extents.emplace_back(node.begin, node.end);
    for (const DocNode& item : node.items) collect_scalars(item, extents);
    for (const DocNode::Member& member : node.members) {
        collect_scalars(member.key, extents);
        collect_scalars(member.value, extents);
    }
}

/// All comments, in order: every `#` outside of scalars, behind a blank, a bracket or at a line's start.
std::vector<Comment> collect_comments(const Document& document) {
    const std::string_view text = document.source->text();
    std::vector<std::pair<std::uint32_t, std::uint32_t>> scalars;
    collect_scalars(document.root, scalars);
    std::sort(scalars.begin(), scalars.end());
    std::vector<Comment> comments;
    std::size_t next = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        while (next < scalars.size() && scalars[next].second <= i) ++next;
        if (next < scalars.size() && scalars[next].first <= i) {
            i = scalars[next].second - 1;
            continue;
        }
        if (text[i] != '#' ||
            (i > 0 && std::string_view(" \t\r\n]}").find(text[i - 1]) == std::string_view::npos))
            continue;
        const std::size_t end = std::min(text.find_first_of("\r\n", i), text.size());
        const Place place = document.source->place(i, end);
        std::string_view body = text.substr(i, end - i);
        while (!body.empty() && (body.back() == ' ' || body.back() == '\t')) body.remove_suffix(1);
        const bool own_line = document.source->line(place.line).find_first_not_of(" \t") ==
                              i - document.source->line_start(place.line);
        comments.push_back({place.line, place.column, std::string(body), own_line});
        i = end;
    }
    return comments;
}

class Formatter {
  public:
    explicit Formatter(const Document& document)
        : document_(document),
          source_(*document.source),
          comments_(collect_comments(document)),
          from_json_(document.root.flow) {}

    std::string run() {
        if (document_.root.is_map() || document_.root.is_list())
            write_children(document_.root, Part::root, 0, no_line);
        else
            line(value_text(document_.root, Part::verbatim, false).value_or(""), document_.root);
        flush_comments(no_line, 0, 0);
        return std::move(out_);
    }

  private:
    static constexpr std::uint32_t no_line = 0xffffffffu;

    std::uint32_t line_of(std::size_t offset) const { return source_.place(offset, offset).line; }
    std::uint32_t last_line(const DocNode& node) const {
        return line_of(node.end > node.begin ? node.end - 1 : node.begin);
    }
    bool blank_above(std::uint32_t number) const {
        return number > 1 &&
               source_.line(number - 1).find_first_not_of(" \t") == std::string_view::npos;
    }

    void blank_line() {
        if (!out_.empty() && !out_.ends_with("\n\n") && !fresh_) out_ += '\n';
    }

    /// Writes the comments on lines of their own that stand above line `before`, indented, with the empty lines among them.
    /// Those left of column `least` belong further out and are left.
    void flush_comments(std::uint32_t before, std::size_t indent, std::uint32_t least,
                        bool section = false) {
        // An empty line goes above the comments that belong to a section.
        std::size_t end = next_comment_;
        while (end < comments_.size() && comments_[end].line < before &&
               comments_[end].column >= least)
            ++end;
        std::size_t head = end;
        while (section && head > next_comment_ &&
               !(head < end && blank_above(comments_[head].line)) &&
               comments_[head - 1].line + (end - head) + 1 == before)
            --head;
        for (; next_comment_ < end; ++next_comment_) {
            const Comment& comment = comments_[next_comment_];
            if (blank_above(comment.line) || (section && next_comment_ == head && head < end))
                blank_line();
            out_.append(indent, ' ').append(comment.text).append("\n");
            fresh_ = false;
        }
    }

    std::size_t line_start() const {
        const std::size_t end = out_.rfind('\n');
        return end == std::string::npos ? 0 : end + 1;
    }

    /// Ends the line with the comment that stood behind line `source_line` of the source, in its column if there is room.
    void end_line(std::uint32_t source_line) {
        if (next_comment_ < comments_.size() && comments_[next_comment_].line <= source_line) {
            const Comment& comment = comments_[next_comment_++];
            const std::size_t width =
                count_code_points(std::string_view(out_).substr(line_start()));
            const std::size_t column = comment.own_line ? 0 : comment.column - 1;
            out_.append(column > width ? column - width : 2, ' ').append(comment.text);
        }
        out_ += '\n';
        fresh_ = false;
    }

    void line(const std::string& text, const DocNode& node) {
        out_ += text;
        end_line(last_line(node));
    }

    std::string key_text(const DocNode& key, bool flow) const {
        const bool keep = key.style != DocNode::Style::plain && !from_json_;
        return !keep && is_plain_safe(key.text, flow) ? key.text : in_double_quotes(key.text);
    }

    std::string scalar_text(const DocNode& node, Part part, bool flow) const {
        const std::string_view source =
            std::string_view(source_.text()).substr(node.begin, node.end - node.begin);
        if (part == Part::verbatim && source.find_first_of("\r\n") == std::string_view::npos)
            return std::string(source);
        std::string text = node.text;
        const bool is_expression = part != Part::raw && part != Part::verbatim;
        if (is_expression) {
            text.clear();
            for (const std::string& piece : respace(source_, node))
                text += (text.empty() ? "" : " ") + piece;
        }
        const bool keep_quotes = node.style != DocNode::Style::plain &&
                                 (part == Part::verbatim || (!is_expression && !from_json_));
        return !keep_quotes && is_plain_safe(text, flow) ? text : in_double_quotes(text);
    }

    /// The value on one line, or nothing if it needs several.
    std::optional<std::string> value_text(const DocNode& node, Part part, bool flow) const {
        if (node.is_null()) return node.text;
        if (node.is_scalar()) {
            if (node.style == DocNode::Style::block) return std::nullopt;
            return scalar_text(node, part, flow);
        }
        const bool empty = node.items.empty() && node.members.empty();
        if (empty) return node.is_list() ? "[]" : "{}";
        if (!node.flow || line_of(node.begin) != last_line(node)) return std::nullopt;
        if (from_json_ && part != Part::verbatim && !fits_flow(node, part)) return std::nullopt;
        std::string text;
        for (const DocNode& item : node.items) {
            const auto value = value_text(item, part == Part::params ? Part::expr : part, true);
            if (!value) return std::nullopt;
            text += (text.empty() ? "" : ", ") + *value;
        }
        for (const DocNode::Member& member : node.members) {
            const auto value = value_text(member.value, part_of(part, member.key.text), true);
            if (!value) return std::nullopt;
            text += (text.empty() ? "" : ", ") + key_text(member.key, true) +
                    (value->empty() ? ":" : ": ") + *value;
        }
        return node.is_list() ? "[" + text + "]" : "{" + text + "}";
    }

    /// JSON leaves the layout to us: short containers of plain words go on one line.
    bool fits_flow(const DocNode& node, Part part) const {
        if (part == Part::root || part == Part::ports || part == Part::body ||
            part == Part::blocks || part == Part::block || part == Part::entries ||
            part == Part::entry || part == Part::params || part == Part::ops || part == Part::op)
            return false;
        const auto fits = [&](const DocNode& child) {
            if (child.is_map()) return false;
            return !child.is_scalar() || is_plain_safe(child.text, true) ||
                   !is_plain_safe(child.text, false);
        };
        return std::all_of(node.items.begin(), node.items.end(), fits) &&
               std::all_of(node.members.begin(), node.members.end(),
                           [&](const DocNode::Member& member) { return fits(member.value); });
    }

    /// `head` and the value behind it, on one line if it can be; the head is a key with its colon, or a dash.
    void write_entry(const std::string& head, const DocNode& value, Part part, std::size_t indent,
                     std::uint32_t key_line, std::uint32_t next_line) {
        out_ += head;
        const bool is_dash = head.ends_with('-');
        if (value.is_scalar() && value.style == DocNode::Style::block)
            return write_block_scalar(value, indent);
        if (value.is_scalar() && part != Part::raw && part != Part::verbatim &&
            value.style == DocNode::Style::plain) {
            const auto lines = respace(source_, value);
            if (lines.size() > 1) {
                out_ += ' ' + lines[0];
                for (std::size_t i = 1; i < lines.size(); ++i)
                    out_.append("\n").append(indent + (is_dash ? 4 : 2), ' ').append(lines[i]);
                return end_line(last_line(value));
            }
        }
        const std::optional<std::string> text = value_text(value, part, false);
        const bool full = !value.items.empty() || !value.members.empty();
        const std::size_t width = count_code_points(std::string_view(out_).substr(line_start()));
        if (text && (!full || width + 1 + count_code_points(*text) <= line_width)) {
            if (!text->empty()) out_ += ' ' + *text;
            return end_line(value.is_null() ? std::max(key_line, last_line(value))
                                            : last_line(value));
        }
        if (is_dash) {  // the first member or item stands behind the dash
            out_ += ' ';
            return write_children(value, part, indent + 2, next_line, true);
        }
        end_line(std::min(key_line, value.flow ? line_of(value.begin) : key_line));
        fresh_ = true;
        write_children(value, part, indent + 2, next_line);
    }

    void write_block_scalar(const DocNode& value, std::size_t indent) {
        const std::uint32_t first = line_of(value.begin), last = last_line(value);
        const std::string_view header =
            source_.line(first).substr(value.begin - source_.line_start(first));
        out_ += ' ' + std::string(header.substr(0, header.find_last_not_of(" \t") + 1)) + '\n';
        while (next_comment_ < comments_.size() && comments_[next_comment_].line <= first)
            ++next_comment_;  // it is in the header
        std::size_t depth = std::string_view::npos;
        for (std::uint32_t number = first + 1; number <= last; ++number) {
            const std::size_t blanks = source_.line(number).find_first_not_of(' ');
            if (blanks != std::string_view::npos) depth = std::min(depth, blanks);
        }
        for (std::uint32_t number = first + 1; number <= last; ++number) {
            const std::string_view text = source_.line(number);
            if (text.find_first_not_of(' ') != std::string_view::npos)
                out_.append(indent + 2, ' ').append(text.substr(std::min(depth, text.size())));
            out_ += '\n';
        }
        fresh_ = false;
    }

    void write_children(const DocNode& node, Part part, std::size_t indent, std::uint32_t next_line,
                        bool continues = false) {
        const std::size_t count = node.is_list() ? node.items.size() : node.members.size();
        const auto begin_of = [&](std::size_t i) {
            return node.is_list() ? node.items[i].begin : node.members[i].key.begin;
        };
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint32_t own_line = line_of(begin_of(i));
            const std::uint32_t next = i + 1 < count ? line_of(begin_of(i + 1)) : next_line;
            const DocNode& value = node.is_list() ? node.items[i] : node.members[i].value;
            if (!(continues && i == 0)) write_space_above(node, part, i, own_line, value, indent);
            if (node.is_list()) {
                write_entry("-", value, part, indent, own_line, next);
            } else {
                const std::string& key = node.members[i].key.text;
                write_entry(key_text(node.members[i].key, false) + ":", value, part_of(part, key),
                            indent, own_line, next);
            }
        }
        // Comments below the last child, as deep as it was.
        if (!node.flow && part != Part::root && count > 0) {
            const std::uint32_t column = source_.place(node.begin, node.begin).column;
            flush_comments(next_line, indent, column);
        }
    }

    void write_space_above(const DocNode& node, Part part, std::size_t i, std::uint32_t own_line,
                           const DocNode& value, std::size_t indent) {
        // A comment between a key and its scalar goes above both.
        const std::uint32_t before =
            value.is_scalar() ? std::max(own_line, line_of(value.begin)) : own_line;
        bool section = false;
        if (part == Part::root && node.is_map() && i > 0) {
            constexpr std::array<std::string_view, 4> together = {"hekla", "name", "serves",
                                                                  "needs"};
            section = std::find(together.begin(), together.end(), node.members[i].key.text) ==
                      together.end();
        }
        const std::size_t size = out_.size();
        flush_comments(before, indent, 0, section);
        const bool adjacent = next_comment_ > 0 && out_.size() > size &&
                              comments_[next_comment_ - 1].line + 1 == own_line;
        if (blank_above(own_line) || (section && !adjacent)) blank_line();
        out_.append(indent, ' ');
        fresh_ = false;
    }

    const Document& document_;
    const Source& source_;
    std::vector<Comment> comments_;
    std::size_t next_comment_ = 0;
    bool from_json_;
    bool fresh_ = true;  // nothing has been written in this container, so no empty line
    std::string out_;
};

/// True if the two say the same but for spaces in expressions.
bool same_meaning(const DocNode& a, const DocNode& b) {
    if (a.kind != b.kind || a.items.size() != b.items.size() ||
        a.members.size() != b.members.size())
        return false;
    if (a.is_scalar()) return a.text == b.text || same_tokens(a.text, b.text);
    for (std::size_t i = 0; i < a.items.size(); ++i)
        if (!same_meaning(a.items[i], b.items[i])) return false;
    std::unordered_map<std::string_view, const DocNode*> values;
    for (const DocNode::Member& member : b.members) values.emplace(member.key.text, &member.value);
    for (const DocNode::Member& member : a.members) {
        const auto other = values.find(member.key.text);
        if (other == values.end() || !same_meaning(member.value, *other->second)) return false;
    }
    return true;
}

}  // namespace

std::optional<std::string> format_graph_file(SourcePtr source, Diagnostics& out,
                                             const Limits& limits) {
    auto document = parse_document(source, out, limits);
    if (!document) return std::nullopt;
    if (document->root.flow) order_members(document->root, Part::root);
    std::string text = Formatter(*document).run();
    Diagnostics check;
    Limits roomy = limits;
    roomy.max_bytes = std::max(limits.max_bytes, text.size());  // indentation may add to it
    const auto again =
        parse_document(std::make_shared<const Source>(source->name(), text), check, roomy);
    if (!again || !same_meaning(document->root, again->root))
        throw Error(ErrorCode::internal, "formatting " + printable(source->name()) +
                                             " would change its meaning; it is left as it is. " +
                                             check.text());
    return text;
}

}  // namespace hekla::graph
