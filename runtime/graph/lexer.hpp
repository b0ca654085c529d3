// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hekla::graph {

/// One word of an expression; positions are bytes of the text that was lexed.
struct Token {
    enum class Kind : std::uint8_t {
        end,
        integer,
        real,
        string,  ///< with its quotes
        name,    ///< also `_`, `and`, `if`, `none` ...
        mark,    ///< ( ) [ ] { } , . = ? + - * / // % ^ == != < <= > >=
        bad,     ///< what can be no token; `problem` says why
    };
    Kind kind = Kind::end;
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string_view text;
    std::string_view
        problem;  ///< kind bad: the complaint's code, "HK1101" (character), "HK1104" (number), "HK1106" (quote)
};

/// Splits an expression; the last token is `end`. Never fails: what makes no sense becomes `bad`, and lexing goes on behind it.
std::vector<Token> lex_expression(std::string_view text);

/// True for letters, digits and `_` with no digit in front.
bool is_name(std::string_view text);

}  // namespace hekla::graph
