// SPDX-License-Identifier: MIT
#include "base/source.hpp"

#include <algorithm>

namespace hekla {
namespace {

constexpr std::size_t checkpoint_bytes = 1024;
constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

bool in(unsigned char byte, unsigned low, unsigned high) { return byte >= low && byte <= high; }

}  // namespace

std::size_t utf8_length(std::string_view text) {
    if (text.empty()) return 0;
    const auto at = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i])
                               : static_cast<unsigned char>(0);
    };
    const auto tail = [&](std::size_t i) { return in(at(i), 0x80, 0xBF); };
    const unsigned char first = at(0);
    if (first < 0x80) return 1;
    if (in(first, 0xC2, 0xDF)) return tail(1) ? 2 : 0;
    if (in(first, 0xE0, 0xEF)) {
        const unsigned low = first == 0xE0 ? 0xA0 : 0x80;   // no overlong forms
        const unsigned high = first == 0xED ? 0x9F : 0xBF;  // no surrogates
        return in(at(1), low, high) && tail(2) ? 3 : 0;
    }
    if (in(first, 0xF0, 0xF4)) {
        const unsigned low = first == 0xF0 ? 0x90 : 0x80;
        const unsigned high = first == 0xF4 ? 0x8F : 0xBF;  // up to U+10FFFF
        return in(at(1), low, high) && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

std::optional<std::size_t> find_invalid_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = utf8_length(text.substr(i));
        if (length == 0) return i;
        i += length;
    }
    return std::nullopt;
}

std::size_t count_code_points(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < text.size(); ++count)
        i += std::max<std::size_t>(1, utf8_length(text.substr(i)));
    return count;
}

void append_utf8(std::string& text, std::uint32_t code) {
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) code = 0xFFFD;
    const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xC0 | (code >> 6));
        put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        put(0xE0 | (code >> 12));
        put(0x80 | ((code >> 6) & 0x3F));
        put(0x80 | (code & 0x3F));
    } else {
        put(0xF0 | (code >> 18));
        put(0x80 | ((code >> 12) & 0x3F));
        put(0x80 | ((code >> 6) & 0x3F));
        put(0x80 | (code & 0x3F));
    }
}

std::string printable(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = utf8_length(text.substr(i));
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool c0 = (byte < 0x20 && byte != '\t') || byte == 0x7F;
        const bool c1 =
            length == 2 && byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0;
        if (length == 0 || c0 || c1)
            result += replacement;
        else
            result += text.substr(i, length);
        i += std::max<std::size_t>(1, length);
    }
    return result;
}

Source::Source(std::string name, std::string text)
    : name_(std::move(name)), text_(std::move(text)) {
    line_starts_.push_back(0);
    for (std::size_t i = 0; i < text_.size(); ++i) {
        if (text_[i] == '\r' && i + 1 < text_.size() && text_[i + 1] == '\n') ++i;
        if (text_[i] == '\n' || text_[i] == '\r') line_starts_.push_back(i + 1);
    }
    const std::string_view all(text_);
    std::size_t count = 0;
    for (std::size_t i = 0; i < all.size(); ++count) {
        if (i >= checkpoints_.size() * checkpoint_bytes) checkpoints_.push_back({i, count});
        i += std::max<std::size_t>(1, utf8_length(all.substr(i, 4)));
    }
    checkpoints_.push_back({all.size(), count});
}

std::size_t Source::code_points_before(std::size_t offset) const {
    if (checkpoints_.size() < 2) return 0;
    std::size_t block = std::min(offset / checkpoint_bytes, checkpoints_.size() - 2);
    if (checkpoints_[block].offset > offset && block > 0) --block;
    const Checkpoint from = checkpoints_[block], to = checkpoints_[block + 1];
    // Most text has one byte a character.
    if (to.code_points - from.code_points == to.offset - from.offset)
        return from.code_points + (offset - from.offset);
    return from.code_points +
           count_code_points(std::string_view(text_).substr(from.offset, offset - from.offset));
}

std::size_t Source::line_start(std::uint32_t number) const {
    if (number == 0) return 0;
    return number <= line_starts_.size() ? line_starts_[number - 1] : text_.size();
}

std::string_view Source::line(std::uint32_t number) const {
    if (number == 0 || number > line_starts_.size()) return {};
    const std::size_t begin = line_start(number);
    std::string_view text = std::string_view(text_).substr(begin, line_start(number + 1) - begin);
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
    return text;
}

Place Source::place(std::size_t begin, std::size_t end) const {
    begin = std::min(begin, text_.size());
    end = std::clamp(end, begin, text_.size());
    const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), begin);
    const std::size_t start = *(after - 1);
    const std::size_t before = code_points_before(begin);
    Place place;
    place.line = static_cast<std::uint32_t>(after - line_starts_.begin());
    place.column = static_cast<std::uint32_t>(1 + before - code_points_before(start));
    place.length = static_cast<std::uint32_t>(code_points_before(end) - before);
    return place;
}

std::size_t Source::offset(Place place) const {
    const std::string_view text = line(place.line);
    std::size_t i = 0;
    for (std::uint32_t column = 1; column < place.column && i < text.size(); ++column)
        i += std::max<std::size_t>(1, utf8_length(text.substr(i)));
    return line_start(place.line) + i;
}

}  // namespace hekla
