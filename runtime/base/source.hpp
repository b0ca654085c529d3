// SPDX-License-Identifier: MIT
#pragma once

#include "base/place.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hekla {

/// The text of one file under the name that messages show. Immutable, so it may be shared by threads.
/// Any bytes are allowed here; whoever reads the text decides what it refuses. Lines end at "\n", "\r\n" or "\r".
class Source {
public:
    Source(std::string name, std::string text);

    const std::string& name() const { return name_; }
    const std::string& text() const { return text_; }

    std::uint32_t line_count() const { return static_cast<std::uint32_t>(line_starts_.size()); }
    /// Line `number` (from 1) without its line end; empty if there is no such line.
    std::string_view line(std::uint32_t number) const;
    /// The byte offset at which line `number` (from 1) starts; the text's size if there is no such line.
    std::size_t line_start(std::uint32_t number) const;

    /// The place of the bytes [begin, end), clamped to the text. A byte that is not UTF-8 counts as one code point.
    Place place(std::size_t begin, std::size_t end) const;
    /// The byte offset of a place's first code point, clamped to its line's end.
    std::size_t offset(Place place) const;

private:
    std::size_t code_points_before(std::size_t offset) const;

    // Of every 1024 bytes: where their first code point starts, and how many stand before it. Hostile files are one long line.
    struct Checkpoint {
        std::size_t offset;
        std::size_t code_points;
    };

    std::string name_;
    std::string text_;
    std::vector<std::size_t> line_starts_;
    std::vector<Checkpoint> checkpoints_;
};

using SourcePtr = std::shared_ptr<const Source>;

/// Bytes of the well-formed UTF-8 sequence at the start of `text` (1 to 4), or 0: overlong forms, surrogates and code points
/// above U+10FFFF are not well-formed (Unicode 15, table 3-7).
std::size_t utf8_length(std::string_view text);

/// The offset of the first byte that is not UTF-8, or nothing.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);

/// Code points in `text`; bytes that are not UTF-8 count as one each.
std::size_t count_code_points(std::string_view text);

/// Appends the code point as UTF-8; U+FFFD for what is not a scalar value.
void append_utf8(std::string& text, std::uint32_t code_point);

/// `text` for a terminal or a message: bytes that are not UTF-8 and control characters other than tab become U+FFFD.
std::string printable(std::string_view text);

}  // namespace hekla
