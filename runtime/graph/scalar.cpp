// SPDX-License-Identifier: MIT
#include "graph/scalar.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

namespace hekla::graph {
namespace {

bool is_break(char c) { return c == '\n' || c == '\r'; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads bytes of the source and writes bytes of the text, noting where each run comes from.
class Tracer {
  public:
    Tracer(std::string_view source, std::size_t at, DocNode& node)
        : source_(source), at_(at), node_(node) {}

    std::size_t at() const { return at_; }
    bool done() const { return at_ >= source_.size(); }
    char peek(std::size_t ahead = 0) const {
        return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
    }
    void skip(std::size_t count = 1) { at_ += count; }

    void copy() {
        mark(at_);
        node_.text += source_[at_++];
        next_ = at_;
    }
    void put(std::string_view text, std::size_t from) {
        if (text.empty()) return;
        mark(from);
        node_.text += text;
        next_ = no_next;
    }

    /// At a line end, perhaps after blanks: goes to the next line's first byte that is not blank, and writes what the YAML rules for
    /// folding make of it: one line end a space, n more n line ends.
    void fold() {
        const std::size_t from = at_;
        std::size_t breaks = 0;
        while (!done() && (is_blank(peek()) || is_break(peek()))) {
            if (peek() == '\r' && peek(1) == '\n') ++at_;
            if (is_break(peek())) ++breaks;
            ++at_;
        }
        put(breaks > 1 ? std::string(breaks - 1, '\n') : std::string(" "), from);
    }

    /// True if only blanks stand between here and a line end.
    bool before_break() const {
        std::size_t i = at_;
        while (i < source_.size() && is_blank(source_[i])) ++i;
        return i < source_.size() && is_break(source_[i]);
    }

  private:
    static constexpr std::size_t no_next = static_cast<std::size_t>(-1);

    void mark(std::size_t from) {
        if (from != next_)
            node_.runs.push_back(
                {static_cast<std::uint32_t>(node_.text.size()), static_cast<std::uint32_t>(from)});
    }

    std::string_view source_;
    std::size_t at_;
    DocNode& node_;
    std::size_t next_ = no_next;  // the source byte that would continue the last run
};

void read_single_quoted(Tracer& in) {
    in.skip();
    while (!in.done()) {
        if (in.peek() == '\'') {
            if (in.peek(1) != '\'') break;
            in.skip();
            in.copy();
        } else if (in.before_break()) {
            in.fold();
        } else {
            in.copy();
        }
    }
    in.skip();
}

int hex_digit(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// The number in `count` hexadecimal digits, `ahead` bytes from here; nothing if they are not there.
std::optional<std::uint32_t> read_hex(const Tracer& in, std::size_t ahead, std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const int digit = hex_digit(in.peek(ahead + i));
        if (digit < 0) return std::nullopt;
        value = value * 16 + static_cast<std::uint32_t>(digit);
    }
    return value;
}

/// At a backslash. Escapes of YAML 1.2, which are those of JSON and more.
void read_escape(Tracer& in) {
    const std::size_t from = in.at();
    const char kind = in.peek(1);
    const std::size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    if (digits > 0) {
        std::uint32_t code = read_hex(in, 2, digits).value_or(0xFFFD);
        in.skip(2 + digits);
        // JSON writes code points above U+FFFF as two surrogates.
        if (kind == 'u' && code >= 0xD800 && code <= 0xDBFF && in.peek() == '\\' &&
            in.peek(1) == 'u') {
            const std::uint32_t low = read_hex(in, 2, 4).value_or(0);
            if (low >= 0xDC00 && low <= 0xDFFF) {
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                in.skip(6);
            }
        }
        std::string text;
        append_utf8(text, code);
        in.put(text, from);
        return;
    }
    in.skip(2);
    if (is_break(kind)) {  // an escaped line end joins the lines
        if (kind == '\r' && in.peek() == '\n') in.skip();
        while (is_blank(in.peek())) in.skip();
        return;
    }
    constexpr std::string_view kinds = "0abtnvfre N_LP\t";
    static constexpr std::string_view texts[] = {std::string_view("\0", 1),
                                                 "\a",
                                                 "\b",
                                                 "\t",
                                                 "\n",
                                                 "\v",
                                                 "\f",
                                                 "\r",
                                                 "\x1b",
                                                 " ",
                                                 "\xC2\x85",
                                                 "\xC2\xA0",
                                                 "\xE2\x80\xA8",
                                                 "\xE2\x80\xA9",
                                                 "\t"};
    const std::size_t which = kinds.find(kind);
    if (which != std::string_view::npos)
        in.put(texts[which], from);
    else
        in.put(std::string_view(&kind, 1), from);  // `\"`, `\\`, `\/`
}

void read_double_quoted(Tracer& in) {
    in.skip();
    while (!in.done() && in.peek() != '"') {
        if (in.peek() == '\\')
            read_escape(in);
        else if (in.before_break())
            in.fold();
        else
            in.copy();
    }
    in.skip();
}

bool read_plain(Tracer& in, std::string_view value) {
    for (std::size_t i = 0; i < value.size();) {
        if (in.done()) return false;
        if (is_blank(value[i]) || is_break(value[i])) {
            if (in.before_break()) {
                while (i < value.size() && (is_blank(value[i]) || is_break(value[i]))) ++i;
                in.fold();
                if (in.peek() == '#') return false;
                continue;
            }
        }
        if (in.peek() != value[i]) return false;
        in.copy();
        ++i;
    }
    return true;
}

/// `|` or `>`: the lines below that are deeper. Expressions may not stand in them, so one run is enough.
void read_block(Tracer& in, std::string_view value) {
    in.put(value, in.at());
    const auto skip_line = [&] {
        while (!in.done() && !is_break(in.peek())) in.skip();
        if (in.peek() == '\r' && in.peek(1) == '\n') in.skip();
        if (!in.done()) in.skip();
    };
    skip_line();
    std::size_t indent = 0;
    while (!in.done()) {
        std::size_t blanks = 0;
        while (in.peek(blanks) == ' ') ++blanks;
        const bool empty = in.peek(blanks) == '\0' || is_break(in.peek(blanks));
        if (!empty) {
            if (indent == 0) indent = blanks;
            if (blanks < indent || indent == 0) break;
        }
        skip_line();
    }
}

}  // namespace

bool locate_scalar(std::string_view source, std::size_t begin, std::string_view value,
                   DocNode& node) {
    Tracer in(source, begin, node);
    const char first = in.peek();
    bool agrees = true;
    node.begin = static_cast<std::uint32_t>(begin);
    if (first == '\'') {
        node.style = DocNode::Style::single_quoted;
        read_single_quoted(in);
    } else if (first == '"') {
        node.style = DocNode::Style::double_quoted;
        read_double_quoted(in);
    } else if (first == '|' || first == '>') {
        node.style = DocNode::Style::block;
        read_block(in, value);
    } else {
        agrees = read_plain(in, value);
    }
    node.end = static_cast<std::uint32_t>(std::min(in.at(), source.size()));
    if (node.runs.empty()) {  // an empty text stands behind its opening quote
        const std::uint32_t at = node.end > node.begin ? node.begin + 1 : node.begin;
        node.runs.push_back({0, at});
    }
    return agrees;
}

std::uint32_t DocNode::source_offset(std::size_t offset) const {
    if (runs.empty()) return begin;
    std::size_t low = 0, high = runs.size();
    while (high - low > 1) {
        const std::size_t middle = (low + high) / 2;
        (runs[middle].text_offset <= offset ? low : high) = middle;
    }
    // A run that stands for an escape or a fold is shorter in the text than in the source, never longer.
    const std::uint32_t at =
        runs[low].source_offset + static_cast<std::uint32_t>(offset - runs[low].text_offset);
    return std::min(at, end);
}

std::optional<std::int64_t> as_integer(const DocNode& node) {
    if (!node.is_scalar()) return std::nullopt;
    std::string_view text = node.text;
    const std::string_view digits = text.substr(!text.empty() && text[0] == '-' ? 1 : 0);
    if (digits.empty() || (digits.size() > 1 && digits[0] == '0')) return std::nullopt;
    for (char c : digits)
        if (!is_digit(c)) return std::nullopt;
    std::int64_t value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc()) return std::nullopt;
    return value;
}

std::optional<double> as_real(const DocNode& node) {
    if (!node.is_scalar()) return std::nullopt;
    const std::string_view text = node.text;
    // digits, perhaps a fraction, perhaps an exponent; digits on both sides of the point
    std::size_t i = !text.empty() && text[0] == '-' ? 1 : 0;
    const auto digits = [&] {
        const std::size_t start = i;
        while (i < text.size() && is_digit(text[i])) ++i;
        return i - start;
    };
    const std::size_t first = i;
    const std::size_t whole = digits();
    if (whole == 0 || (whole > 1 && text[first] == '0')) return std::nullopt;
    if (i < text.size() && text[i] == '.') {
        ++i;
        if (digits() == 0) return std::nullopt;
    }
    if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
        ++i;
        if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
        if (digits() == 0) return std::nullopt;
    }
    if (i != text.size()) return std::nullopt;
    double value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec == std::errc::result_out_of_range || !std::isfinite(value)) return std::nullopt;
    return value;
}

std::optional<bool> as_boolean(const DocNode& node) {
    if (!node.is_scalar()) return std::nullopt;
    if (node.text == "true") return true;
    if (node.text == "false") return false;
    return std::nullopt;
}

}  // namespace hekla::graph
