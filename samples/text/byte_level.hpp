// SPDX-License-Identifier: MIT
// GPT-2's byte alphabet: every byte as one printable character, so that a BPE over characters is
// one over bytes. Bytes 33..126, 161..172 and 174..255 stand for themselves; the rest are U+0100,
// U+0101, ... in order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hekla::text {

/// Appends the character of each byte, in UTF-8.
void append_byte_characters(std::string& out, std::string_view bytes);

/// The byte a character stands for; absent for characters outside the alphabet.
std::optional<std::uint8_t> byte_of_character(char32_t c);

}  // namespace hekla::text
