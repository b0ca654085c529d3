// SPDX-License-Identifier: MIT
#include "regex.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>
#include <new>

#include "oniguruma.hpp"
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

bool is_script(std::string_view name) {
    int error = 0;
    std::size_t at = 0;
    return compile("\\p{sc:" + std::string(name) + "}", error, at) != nullptr;
}

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
    const std::string translated = translate_oniguruma(pattern, is_script);
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
