// SPDX-License-Identifier: MIT
// UTF-8 and the few character properties that tokenizers ask for.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hekla::text {

/// What stands at the front of some bytes.
struct Utf8Unit {
    enum class Kind {
        character,   ///< one whole character of `length` bytes, `code_point`
        invalid,     ///< `length` bytes that no continuation can turn into a character
        incomplete,  ///< all the bytes there are, a proper prefix of a character
    };
    Kind kind;
    std::size_t length;
    char32_t code_point;
};

/// Looks at the front of `bytes` (not empty). An invalid unit is the maximal subpart of an
/// ill-formed sequence (Unicode 16, section 3.9, table 3-8), so that replacing each by U+FFFD
/// agrees with other UTF-8 decoders.
Utf8Unit next_utf8(std::string_view bytes);

/// Appends `code_point` (a Unicode scalar value) in UTF-8.
void append_utf8(std::string& out, char32_t code_point);

/// `bytes` with every invalid unit, and an incomplete one at the end, replaced by U+FFFD.
std::string make_valid_utf8(std::string_view bytes);

/// U+FFFD in UTF-8.
inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

bool is_white_space(char32_t c);  ///< Unicode property White_Space
bool is_numeric(char32_t c);      ///< general category N
bool is_mark(char32_t c);         ///< general category M
bool is_punctuation(char32_t c);  ///< general category P, or ASCII punctuation

enum class UnicodeForm { nfc, nfd, nfkc, nfkd };

/// `text` (valid UTF-8) in the given normalization form. Throws ComponentError if memory runs out.
std::string normalize_unicode(std::string_view text, UnicodeForm form);

/// `text` (valid UTF-8) in lower case, character by character (no final-sigma rule).
std::string lower_case(std::string_view text);

}  // namespace hekla::text
