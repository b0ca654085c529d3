// SPDX-License-Identifier: MIT
#include "oniguruma.hpp"

#include <utility>

#include "tokenizer_error.hpp"

namespace hekla::text {
namespace {

// What Oniguruma's \w is: word characters of UTS 18, annex C, and, outside of classes, six Latin-1
// numbers (²½...).
#define HEKLA_WORDS "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}"
#define HEKLA_WORD "[" HEKLA_WORDS "\\x{B2}\\x{B3}\\x{B9}\\x{BC}-\\x{BE}]"
#define HEKLA_NO_WORD "[^" HEKLA_WORDS "\\x{B2}\\x{B3}\\x{B9}\\x{BC}-\\x{BE}]"
constexpr std::string_view words_in_class = HEKLA_WORDS;
constexpr std::string_view word = HEKLA_WORD;
constexpr std::string_view no_word = HEKLA_NO_WORD;
constexpr std::string_view word_boundary =
    "(?:(?<=" HEKLA_WORD ")(?!" HEKLA_WORD ")|(?<!" HEKLA_WORD ")(?=" HEKLA_WORD "))";
constexpr std::string_view no_word_boundary =
    "(?:(?<=" HEKLA_WORD ")(?=" HEKLA_WORD ")|(?<!" HEKLA_WORD ")(?!" HEKLA_WORD "))";
#undef HEKLA_NO_WORD
#undef HEKLA_WORD
#undef HEKLA_WORDS

// [[:name:]]
constexpr std::pair<std::string_view, std::string_view> posix_classes[] = {
    {"alpha", "\\p{Alphabetic}"}, {"digit", "\\p{Nd}"},        {"alnum", "\\p{Alphabetic}\\p{Nd}"},
    {"upper", "\\p{Uppercase}"},  {"lower", "\\p{Lowercase}"}, {"space", "\\p{White_Space}"},
    {"punct", "\\p{P}\\p{S}"},    {"word", words_in_class},
};

/// Rewrites what Oniguruma and PCRE2 read differently.
class Translator {
  public:
    Translator(std::string_view pattern, bool (*is_script)(std::string_view))
        : in_(pattern), is_script_(is_script) {}

    std::string run() {
        while (at_ < in_.size()) {
            const char c = in_[at_];
            if (c == '\\') {
                escape();
            } else if (in_class_) {
                class_character(c);
            } else if (c == '[') {
                open_class();
            } else if (c == '(' && in_.substr(at_, 2) == "(?") {
                group();
            } else {
                take(1);
            }
        }
        return out_;
    }

  private:
    void take(std::size_t n) {
        out_ += in_.substr(at_, n);
        at_ += n;
    }

    void put(std::string_view instead, std::size_t n) {
        out_ += instead;
        at_ += n;
    }

    void escape() {
        const char c = at_ + 1 < in_.size() ? in_[at_ + 1] : '\0';
        switch (c) {
            // \s of PCRE2 adds U+180E, which lost White_Space in Unicode 6.3.
            case 's':
                return put("\\p{White_Space}", 2);
            case 'S':
                return put("\\P{White_Space}", 2);
            case 'w':
                return put(in_class_ ? words_in_class : word, 2);
            case 'd':
                return put("\\p{Nd}", 2);
            case 'D':
                return put("\\P{Nd}", 2);
            case 'h':
                return put(in_class_ ? "0-9a-fA-F" : "[0-9a-fA-F]", 2);
            case 'W':
            case 'H':
                if (in_class_) refuse(std::string("\\") + c + " inside a character class");
                return put(c == 'W' ? no_word : "[^0-9a-fA-F]", 2);
            case 'b':
            case 'B':
                if (in_class_) return take(2);  // a backspace
                return put(c == 'b' ? word_boundary : no_word_boundary, 2);
            case 'p':
            case 'P':
                return property();
            default:
                take(c == '\0' ? 1 : 2);
        }
    }

    /// \p{Han}: Oniguruma means the script, PCRE2 the script extensions unless told.
    void property() {
        const std::size_t close = in_.find('}', at_);
        if (in_.substr(at_ + 2, 1) != "{" || close == std::string_view::npos) return take(2);
        std::string_view name = in_.substr(at_ + 3, close - at_ - 3);
        const bool negated = name.starts_with('^');
        if (negated) name.remove_prefix(1);
        if (name.size() > 2 && name.find_first_of(":=") == std::string_view::npos) {
            if (is_script_(name)) {
                const std::string script =
                    std::string(negated ? "^sc:" : "sc:") + std::string(name);
                return put(std::string(in_.substr(at_, 3)) + script + "}", close + 1 - at_);
            }
        }
        take(close + 1 - at_);
    }

    void open_class() {
        in_class_ = true;
        take(1);
        if (in_.substr(at_, 1) == "^") take(1);
        if (in_.substr(at_, 1) == "]") take(1);  // a literal ] first
    }

    void class_character(char c) {
        if (c == ']') {
            in_class_ = false;
            take(1);
        } else if (c == '[' && in_.substr(at_, 2) == "[:") {
            posix_class();
        } else if (c == '[') {
            refuse("a character class within another");
        } else if (in_.substr(at_, 2) == "&&") {
            refuse("&& in a character class");
        } else {
            take(1);
        }
    }

    void posix_class() {
        for (const auto& [name, instead] : posix_classes) {
            const std::string spelled = "[:" + std::string(name) + ":]";
            if (in_.substr(at_).starts_with(spelled)) return put(instead, spelled.size());
        }
        refuse(
            "a character class within another that is not [:alpha:], digit, alnum, upper, lower, "
            "space, punct or word");
    }

    /// (?m) and (?m: ... ) of Ruby are (?s) elsewhere.
    void group() {
        std::size_t end = at_ + 2;
        while (end < in_.size() &&
               std::string_view("imx-").find(in_[end]) != std::string_view::npos)
            ++end;
        const bool options =
            end > at_ + 2 && end < in_.size() && (in_[end] == ':' || in_[end] == ')');
        if (!options) return take(2);
        for (; at_ < end; ++at_) out_ += in_[at_] == 'm' ? 's' : in_[at_];
    }

    [[noreturn]] void refuse(const std::string& what) const {
        throw ComponentError("the expression uses " + what + " (at byte " + std::to_string(at_) +
                             "), which is not supported; write it without");
    }

    std::string_view in_;
    bool (*is_script_)(std::string_view);
    std::size_t at_ = 0;
    bool in_class_ = false;
    std::string out_;
};

}  // namespace

std::string translate_oniguruma(std::string_view pattern, bool (*is_script)(std::string_view)) {
    return Translator(pattern, is_script).run();
}

}  // namespace hekla::text
