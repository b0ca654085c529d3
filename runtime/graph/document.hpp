// SPDX-License-Identifier: MIT
#pragma once

#include "base/diagnostic.hpp"
#include "base/source.hpp"
#include "graph/limits.hpp"
#include "graph/place.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hekla::graph {

/// A node of the YAML (or JSON) tree, with places. Scalars are text: what they mean is decided by who reads them, and quotes
/// never change it.
struct DocNode {
    enum class Kind : std::uint8_t {
        null,    ///< nothing, `~` or `null`
        scalar,  ///< `text`
        list,    ///< `items`
        map,     ///< `members`, in file order
    };
    enum class Style : std::uint8_t { plain, single_quoted, double_quoted, block };

    struct Member;
    /// Bytes of `text` from `text_offset` on stand at `source_offset` and after in the source.
    struct Run {
        std::uint32_t text_offset = 0;
        std::uint32_t source_offset = 0;
    };

    Kind kind = Kind::null;
    Style style = Style::plain;  ///< of scalars
    bool flow = false;           ///< lists and maps: written with [ ] or { }; scalars: stands directly in one
    std::string text;
    std::vector<DocNode> items;
    std::vector<Member> members;
    Place place;                     ///< scalars: all of it, quotes too; lists and maps: from their start to their end
    std::uint32_t begin = 0;         ///< byte offsets of the same
    std::uint32_t end = 0;
    std::vector<Run> runs;           ///< scalars: where the bytes of `text` come from; sorted; first at text_offset 0

    bool is_scalar() const { return kind == Kind::scalar; }
    bool is_list() const { return kind == Kind::list; }
    bool is_map() const { return kind == Kind::map; }
    bool is_null() const { return kind == Kind::null; }

    /// The value under `key`, or null; maps only (null otherwise).
    const DocNode* find(std::string_view key) const;
    /// The byte offset in the source of byte `offset` of `text`; offset may be text.size().
    std::uint32_t source_offset(std::size_t offset) const;
};

struct DocNode::Member {
    DocNode key;  ///< a scalar
    DocNode value;
};

struct Document {
    SourcePtr source;
    DocNode root;
};

/// Reads one YAML 1.2 document, or JSON. Refused, each with its message: bytes that are not UTF-8, a byte-order mark, UTF-16,
/// control characters, tabs as indentation, anchors, aliases, tags, merge keys, a second document, keys that are not scalars,
/// keys given twice, and whatever exceeds the limits. Nothing is returned then. No globals; threads may parse at the same time.
std::optional<Document> parse_document(SourcePtr source, Diagnostics& out, const Limits& limits = {});

/// The whole of a plain or quoted scalar as a number or truth value, or nothing. `010`, `1.`, `0x10`, `yes` are none.
std::optional<std::int64_t> as_integer(const DocNode& node);
std::optional<double> as_real(const DocNode& node);  ///< integers too
std::optional<bool> as_boolean(const DocNode& node);

}  // namespace hekla::graph
