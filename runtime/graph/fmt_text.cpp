// SPDX-License-Identifier: MIT
#include "graph/fmt_text.hpp"

#include "graph/lexer.hpp"

#include <algorithm>
#include <array>

namespace hekla::graph {
namespace {

bool is_keyword(const Token& token) {
    constexpr std::array<std::string_view, 5> words = {"and", "or", "not", "if", "else"};
    return token.kind == Token::Kind::name &&
           std::find(words.begin(), words.end(), token.text) != words.end();
}

bool is_mark(const Token& token, std::string_view marks) {
    return token.kind == Token::Kind::mark && token.text.size() == 1 &&
           marks.find(token.text[0]) != std::string_view::npos;
}

bool is_comparison(const Token& token) {
    constexpr std::array<std::string_view, 6> marks = {"==", "!=", "<", "<=", ">", ">="};
    return token.kind == Token::Kind::mark &&
           std::find(marks.begin(), marks.end(), token.text) != marks.end();
}

bool is_arithmetic(const Token& token) {
    return is_mark(token, "+-*/%^") || (token.kind == Token::Kind::mark && token.text == "//");
}

/// True if a value ends with this token, so that what follows is no sign.
bool ends_value(const Token& token) {
    if (token.kind == Token::Kind::mark) return is_mark(token, ")]}");
    return token.kind != Token::Kind::end && !is_keyword(token);
}

class Spacer {
  public:
    explicit Spacer(const std::vector<Token>& tokens) : tokens_(tokens) {}

    /// Whether a space stands between token i and the next.
    bool after(std::size_t i) const {
        const Token& left = tokens_[i];
        const Token& right = tokens_[i + 1];
        if (is_mark(left, "([{.?") || is_mark(right, ")]},.{")) return false;
        if (is_mark(left, ",")) return true;
        if (is_mark(left, "=") || is_mark(right, "=")) return false;
        if (is_keyword(left) || is_keyword(right)) return true;
        if (is_binary(i)) return spaced(i);
        if (is_binary(i + 1)) return spaced(i + 1);
        if (is_arithmetic(left)) return false;  // a sign
        if (is_mark(right, "([")) return !ends_value(left);
        return true;
    }

  private:
    bool is_binary(std::size_t i) const {
        if (is_comparison(tokens_[i])) return true;
        return is_arithmetic(tokens_[i]) && i > 0 && ends_value(tokens_[i - 1]);
    }
    bool spaced(std::size_t i) const {
        if (is_comparison(tokens_[i])) return true;
        return tokens_[i].begin > tokens_[i - 1].end || tokens_[i + 1].begin > tokens_[i].end;
    }

    const std::vector<Token>& tokens_;
};

bool broken_between(const Source& source, const DocNode& scalar, std::size_t left_end,
                    std::size_t right_begin) {
    if (left_end == 0) return false;
    const std::size_t begin = scalar.source_offset(left_end - 1),
                      end = scalar.source_offset(right_begin);
    return end > begin &&
           std::string_view(source.text()).substr(begin, end - begin).find_first_of("\r\n") !=
               std::string_view::npos;
}

}  // namespace

std::vector<std::string> respace(const Source& source, const DocNode& scalar) {
    const std::vector<Token> tokens = lex_expression(scalar.text);
    if (tokens.size() < 2 || std::any_of(tokens.begin(), tokens.end(), [](const Token& token) {
            return token.kind == Token::Kind::bad;
        }))
        return {scalar.text};
    const Spacer spacer(tokens);
    std::vector<std::string> lines(1);
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
        lines.back() += tokens[i].text;
        if (i + 2 == tokens.size()) break;
        if (broken_between(source, scalar, tokens[i].end, tokens[i + 1].begin))
            lines.emplace_back();
        else if (spacer.after(i))
            lines.back() += ' ';
    }
    return lines;
}

bool is_plain_safe(std::string_view text, bool flow) {
    if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
        return false;
    constexpr std::string_view flow_marks = ",[]{}";
    const char first = text.front();
    if (std::string_view(",[]{}#&*!|>'\"%@`").find(first) != std::string_view::npos) return false;
    if (std::string_view("-?:").find(first) != std::string_view::npos) {
        if (text.size() == 1 || text[1] == ' ' ||
            (flow && flow_marks.find(text[1]) != std::string_view::npos))
            return false;
    }
    if (first == ' ' || text.back() == ' ' || text.back() == ':') return false;
    if (text.starts_with("---") || text.starts_with("...")) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x20 || byte == 0x7F) return false;
        if (text[i] == ':' && i + 1 < text.size() &&
            (text[i + 1] == ' ' ||
             (flow && flow_marks.find(text[i + 1]) != std::string_view::npos)))
            return false;
        if (text[i] == '#' && i > 0 && text[i - 1] == ' ') return false;
        if (flow && flow_marks.find(text[i]) != std::string_view::npos) return false;
        // Unicode's own line ends and blanks are better seen.
        if (byte == 0xC2 && i + 1 < text.size() && (text[i + 1] == '\x85' || text[i + 1] == '\xA0'))
            return false;
        if (text.substr(i, 3) == "\xE2\x80\xA8" || text.substr(i, 3) == "\xE2\x80\xA9" ||
            text.substr(i, 3) == "\xEF\xBB\xBF")
            return false;
    }
    return true;
}

std::string in_double_quotes(std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string out = "\"";
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool c1 =
            byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA1;
        const std::string_view three = text.substr(i, 3);
        if (byte == '"' || byte == '\\') {
            out += '\\';
            out += text[i];
        } else if (byte == '\n') {
            out += "\\n";
        } else if (byte == '\t') {
            out += "\\t";
        } else if (byte < 0x20 || byte == 0x7F || c1) {
            const auto code = c1 ? static_cast<unsigned char>(text[++i]) : byte;
            out += "\\x";
            out += hex[code >> 4];
            out += hex[code & 15];
        } else if (three == "\xE2\x80\xA8" || three == "\xE2\x80\xA9" || three == "\xEF\xBB\xBF") {
            out += three == "\xE2\x80\xA8" ? "\\L" : three == "\xE2\x80\xA9" ? "\\P" : "\\uFEFF";
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out + '"';
}

bool same_tokens(std::string_view a, std::string_view b) {
    const std::vector<Token> left = lex_expression(a), right = lex_expression(b);
    return std::equal(
        left.begin(), left.end(), right.begin(), right.end(),
        [](const Token& x, const Token& y) { return x.kind == y.kind && x.text == y.text; });
}

}  // namespace hekla::graph
