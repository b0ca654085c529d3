// SPDX-License-Identifier: MIT
#include "graph/lexer.hpp"

#include "base/source.hpp"

#include <algorithm>

namespace hekla::graph {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

class Lexer {
  public:
    explicit Lexer(std::string_view text) : text_(text) {}

    std::vector<Token> run() {
        for (;;) {
            while (at_ < text_.size() && is_space(text_[at_])) ++at_;
            if (at_ >= text_.size()) break;
            next();
        }
        add(Token::Kind::end, at_);
        return std::move(tokens_);
    }

  private:
    char peek(std::size_t ahead = 0) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }

    void add(Token::Kind kind, std::size_t end, std::string_view problem = {}) {
        tokens_.push_back({kind, at_, end, text_.substr(at_, end - at_), problem});
        at_ = end;
    }

    std::size_t end_of_word(std::size_t at) const {
        while (at < text_.size() && (is_letter(text_[at]) || is_digit(text_[at]))) ++at;
        return at;
    }

    void next() {
        const char c = peek();
        if (is_letter(c)) return add(Token::Kind::name, end_of_word(at_));
        if (is_digit(c)) return number();
        if (c == '\'' || c == '"') return string(c);
        for (std::string_view two : {"//", "==", "!=", "<=", ">="})
            if (text_.substr(at_, 2) == two) return add(Token::Kind::mark, at_ + 2);
        if (std::string_view("()[]{},.=?+-*/%^<>").find(c) != std::string_view::npos)
            return add(Token::Kind::mark, at_ + 1);
        add(Token::Kind::bad, at_ + std::max<std::size_t>(1, utf8_length(text_.substr(at_))),
            "HK1101");
    }

    void string(char quote) {
        const std::size_t close = text_.find(quote, at_ + 1);
        if (close == std::string_view::npos) return add(Token::Kind::bad, text_.size(), "HK1106");
        add(Token::Kind::string, close + 1);
    }

    std::size_t digits(std::size_t at) const {
        while (at < text_.size() && is_digit(text_[at])) ++at;
        return at;
    }

    void number() {
        // In `w.layers.0` the number is a word of its own, not the start of a real.
        const bool member =
            !tokens_.empty() && tokens_.back().text == "." && tokens_.back().end == at_;
        std::size_t end = digits(at_);
        bool good = member || end == at_ + 1 || peek() != '0';  // `010` means 8 elsewhere
        bool real = false;
        if (!member && end < text_.size() && text_[end] == '.') {
            const std::size_t fraction = digits(end + 1);
            good = good && fraction > end + 1;
            real = true;
            end = fraction;
        }
        if (!member && end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
            std::size_t exponent = end + 1;
            if (exponent < text_.size() && (text_[exponent] == '+' || text_[exponent] == '-'))
                ++exponent;
            const std::size_t last = digits(exponent);
            good = good && last > exponent;
            real = true;
            end = last;
        }
        const std::size_t word = end_of_word(end);
        if (word > end) {
            good = false;
            end = word;
        }
        if (!good) return add(Token::Kind::bad, end, "HK1104");
        add(real ? Token::Kind::real : Token::Kind::integer, end);
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> lex_expression(std::string_view text) { return Lexer(text).run(); }

bool is_name(std::string_view text) {
    if (text.empty() || is_digit(text[0])) return false;
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return is_letter(c) || is_digit(c); });
}

}  // namespace hekla::graph
