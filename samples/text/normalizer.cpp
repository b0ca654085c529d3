// SPDX-License-Identifier: MIT
#include "normalizer.hpp"

#include "search.hpp"
#include "tokenizer_error.hpp"
#include "unicode.hpp"

namespace hekla::text {
namespace {

std::string strip_marks(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const Utf8Unit unit = next_utf8(text);
        if (!is_mark(unit.code_point)) out += text.substr(0, unit.length);
        text.remove_prefix(unit.length);
    }
    return out;
}

std::string strip_space(std::string_view text, bool left, bool right) {
    std::size_t first = text.size(), last = 0;  // of what is not white space
    for (std::size_t at = 0; at < text.size();) {
        const Utf8Unit unit = next_utf8(text.substr(at));
        if (!is_white_space(unit.code_point)) {
            first = std::min(first, at);
            last = at + unit.length;
        }
        at += unit.length;
    }
    const std::size_t begin = left ? first : 0;
    const std::size_t end = right ? last : text.size();
    return std::string(begin < end ? text.substr(begin, end - begin) : std::string_view());
}

}  // namespace

struct Normalizer::Step {
    NormalizerStep step;
    std::optional<Search> search;

    std::string operator()(const UnicodeFormStep& s, std::string_view text) const {
        return normalize_unicode(text, s.form);
    }
    std::string operator()(const LowercaseStep&, std::string_view text) const {
        return lower_case(text);
    }
    std::string operator()(const StripMarksStep&, std::string_view text) const {
        return strip_marks(text);
    }
    std::string operator()(const StripSpaceStep& s, std::string_view text) const {
        return strip_space(text, s.left, s.right);
    }
    std::string operator()(const PrependStep& s, std::string_view text) const {
        return text.empty() ? std::string() : s.text + std::string(text);
    }
    std::string operator()(const ReplaceStep& s, std::string_view text) const {
        return replace_all(text, *search, s.content, max_normalized_bytes);
    }
};

Normalizer::Normalizer(const std::vector<NormalizerStep>& steps) {
    for (const NormalizerStep& step : steps) {
        const auto* replace = std::get_if<ReplaceStep>(&step);
        steps_.push_back(
            {step, replace ? std::make_optional<Search>(replace->pattern) : std::nullopt});
    }
}

Normalizer::~Normalizer() = default;
Normalizer::Normalizer(Normalizer&&) noexcept = default;

std::string Normalizer::apply(std::string_view text) const {
    std::string out(text);
    for (const Step& step : steps_) {
        out = std::visit([&](const auto& s) { return step(s, out); }, step.step);
        if (out.size() > max_normalized_bytes) {
            throw ComponentError("the normalized text would pass " +
                                 std::to_string(max_normalized_bytes) + " bytes");
        }
    }
    return out;
}

}  // namespace hekla::text
