// SPDX-License-Identifier: MIT
#include "regex.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>
#include <utility>

#include "tokenizer_error.hpp"
#include "unicode.hpp"

namespace hekla::text {
namespace {

// Published patterns are a few hundred bytes. The match limit is PCRE2's own default: a run of ten
// million spaces passes, an exponential pattern stops within a second.
constexpr std::size_t max_pattern_bytes = 16 * 1024;
constexpr std::uint32_t match_limit = 10'000'000;
constexpr std::uint32_t heap_limit_kib = 256 * 1024;
constexpr std::size_t jit_stack_bytes = 1024 * 1024;

template <auto Free>
struct Deleter {
    template <typename T>
    void operator()(T* p) const {
        Free(p);
    }
};
template <typename T, auto Free>
using Handle = std::unique_ptr<T, Deleter<Free>>;
using CodeHandle = Handle<pcre2_code, &pcre2_code_free>;
using CompileContext = Handle<pcre2_compile_context, &pcre2_compile_context_free>;

std::string pcre2_message(int code) {
    std::array<PCRE2_UCHAR, 256> buffer{};
    pcre2_get_error_message(code, buffer.data(), buffer.size());
    return reinterpret_cast<const char*>(buffer.data());
}

CodeHandle compile(std::string_view pattern, int& error, std::size_t& at) {
    const CompileContext context(pcre2_compile_context_create(nullptr));
    if (!context) throw std::bad_alloc();
    pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
    PCRE2_SIZE offset = 0;
    CodeHandle code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                  PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C,
                                  &error, &offset, context.get()));
    at = offset;
    return code;
}

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
    explicit Translator(std::string_view pattern) : in_(pattern) {}

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
            const std::string script = std::string(in_.substr(at_, 3)) + (negated ? "^" : "") +
                                       "sc:" + std::string(name) + "}";
            int error = 0;
            std::size_t where = 0;
            if (compile(script, error, where)) return put(script, close + 1 - at_);
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
    std::size_t at_ = 0;
    bool in_class_ = false;
    std::string out_;
};

}  // namespace

struct Regex::Code {
    CodeHandle handle;
    bool jit = false;
};

Regex::Regex(std::string_view pattern) : code_(std::make_unique<Code>()) {
    if (pattern.size() > max_pattern_bytes) {
        throw ComponentError("the expression has " + std::to_string(pattern.size()) +
                             " bytes; at most " + std::to_string(max_pattern_bytes) +
                             " are allowed");
    }
    const std::string translated = Translator(pattern).run();
    int error = 0;
    std::size_t at = 0;
    code_->handle = compile(translated, error, at);
    if (!code_->handle) {
        throw ComponentError("the expression cannot be compiled: " + pcre2_message(error) +
                             " (at byte " + std::to_string(at) + " of " + translated + ")");
    }
    code_->jit = pcre2_jit_compile(code_->handle.get(), PCRE2_JIT_COMPLETE) == 0;
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

struct Regex::Matcher::Memory {
    const Code& code;
    Handle<pcre2_match_data, &pcre2_match_data_free> data;
    Handle<pcre2_match_context, &pcre2_match_context_free> context;
    Handle<pcre2_jit_stack, &pcre2_jit_stack_free> stack;

    int match(std::string_view text, std::size_t from) {
        const auto subject = reinterpret_cast<PCRE2_SPTR>(text.data());
        const auto run = [&](std::uint32_t options) {
            return pcre2_match(code.handle.get(), subject, text.size(), from,
                               options | PCRE2_NO_UTF_CHECK, data.get(), context.get());
        };
        const int found = run(0);
        // The interpreter keeps its state on the heap, so it can go on where the JIT's stack ends.
        return found == PCRE2_ERROR_JIT_STACKLIMIT ? run(PCRE2_NO_JIT) : found;
    }
};

Regex::Matcher::Matcher(const Regex& regex) : memory_(new Memory{*regex.code_, {}, {}, {}}) {
    memory_->data.reset(pcre2_match_data_create_from_pattern(regex.code_->handle.get(), nullptr));
    memory_->context.reset(pcre2_match_context_create(nullptr));
    if (!memory_->data || !memory_->context) throw std::bad_alloc();
    pcre2_set_match_limit(memory_->context.get(), match_limit);
    pcre2_set_heap_limit(memory_->context.get(), heap_limit_kib);
    if (regex.code_->jit) {
        memory_->stack.reset(pcre2_jit_stack_create(32 * 1024, jit_stack_bytes, nullptr));
        if (memory_->stack)
            pcre2_jit_stack_assign(memory_->context.get(), nullptr, memory_->stack.get());
    }
}

Regex::Matcher::~Matcher() = default;

void Regex::Matcher::find_all(std::string_view text, std::vector<Span>& out) {
    std::size_t from = 0;
    std::size_t last_end = std::string_view::npos;
    while (from <= text.size()) {
        const int found = memory_->match(text, from);
        if (found == PCRE2_ERROR_NOMATCH) return;
        if (found < 0) {
            throw ComponentError("the split expression gave up on this text at byte " +
                                 std::to_string(from) + ": " + pcre2_message(found));
        }
        const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(memory_->data.get());
        const Span span{ends[0], ends[1]};
        // \K can set a start before `from` or past the end; such a match splits nothing.
        const bool usable = span.begin >= from && span.end >= span.begin;
        const bool empty = !usable || span.begin == span.end;
        // An empty match right behind a match is none.
        if (usable && !(empty && span.begin == last_end)) out.push_back(span);
        last_end = usable ? span.end : last_end;
        from = usable ? span.end : from;
        if (empty) {
            if (from >= text.size()) return;
            from += next_utf8(text.substr(from)).length;
        }
    }
}

}  // namespace hekla::text
