// SPDX-License-Identifier: MIT
#include "byte_level.hpp"

#include <array>

#include "unicode.hpp"

namespace hekla::text {
namespace {

constexpr bool stands_for_itself(unsigned byte) {
    return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

struct Alphabet {
    std::array<char32_t, 256> character{};
    std::array<std::int16_t, 512> byte{};  // by code point; -1 where none

    constexpr Alphabet() {
        for (auto& b : byte) b = -1;
        char32_t next = 256;
        for (unsigned b = 0; b < 256; ++b) {
            character[b] = stands_for_itself(b) ? static_cast<char32_t>(b) : next++;
            byte[character[b]] = static_cast<std::int16_t>(b);
        }
    }
};

constexpr Alphabet alphabet;

}  // namespace

void append_byte_characters(std::string& out, std::string_view bytes) {
    for (const char b : bytes) append_utf8(out, alphabet.character[static_cast<unsigned char>(b)]);
}

std::optional<std::uint8_t> byte_of_character(char32_t c) {
    if (c >= alphabet.byte.size() || alphabet.byte[c] < 0) return std::nullopt;
    return static_cast<std::uint8_t>(alphabet.byte[c]);
}

}  // namespace hekla::text
