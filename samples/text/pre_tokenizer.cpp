// SPDX-License-Identifier: MIT
#include "pre_tokenizer.hpp"

#include "byte_level.hpp"
#include "tokenizer_error.hpp"
#include "unicode.hpp"

namespace hekla::text {
namespace {

using Piece = Pieces::Piece;

// GPT-2's splitter: contractions, then letters, numbers or others with the space before them, then
// white space, of which the last character goes to the word behind it.
constexpr const char* gpt2_pattern =
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

// A hostile chain of ByteLevel steps would double the text with each.
constexpr std::size_t max_bytes = std::size_t{512} << 20;

struct Part {
    Span span;
    bool match;
};

/// The matches and what lies between them, in order, covering the text.
void cover(std::string_view text, const std::vector<Span>& matches, bool invert,
           std::vector<Part>& out) {
    out.clear();
    std::size_t done = 0;
    for (const Span& m : matches) {
        if (done != m.begin) out.push_back({{done, m.begin}, invert});
        out.push_back({m, !invert});
        done = m.end;
    }
    if (done != text.size()) out.push_back({{done, text.size()}, invert});
}

/// Joins or drops parts as the behavior says; what is left are the pieces.
void apply_behavior(SplitBehavior behavior, std::vector<Part>& parts) {
    std::vector<Part> out;
    bool previous = false;
    switch (behavior) {
        case SplitBehavior::isolated:
            return;
        case SplitBehavior::removed:
            std::erase_if(parts, [](const Part& p) { return p.match; });
            return;
        case SplitBehavior::contiguous:
            for (const Part& p : parts) {
                if (p.match == previous && !out.empty()) {
                    out.back().span.end = p.span.end;
                } else {
                    out.push_back(p);
                }
                previous = p.match;
            }
            break;
        case SplitBehavior::merged_with_previous:
            for (const Part& p : parts) {
                if (p.match && !previous && !out.empty()) {
                    out.back().span.end = p.span.end;
                } else {
                    out.push_back(p);
                }
                previous = p.match;
            }
            break;
        case SplitBehavior::merged_with_next:
            for (auto p = parts.rbegin(); p != parts.rend(); ++p) {
                if (p->match && !previous && !out.empty()) {
                    out.back().span.begin = p->span.begin;
                } else {
                    out.push_back(*p);
                }
                previous = p->match;
            }
            out = {out.rbegin(), out.rend()};
            break;
    }
    parts = std::move(out);
}

template <typename Belongs>
void find_characters(std::string_view text, const Belongs& belongs, std::vector<Span>& out) {
    for (std::size_t at = 0; at < text.size();) {
        const Utf8Unit unit = next_utf8(text.substr(at));
        if (belongs(unit.code_point)) out.push_back({at, at + unit.length});
        at += unit.length;
    }
}

}  // namespace

struct PreTokenizer::Stage {
    PreTokenizerStep step;
    std::optional<Search> search;

    /// Replaces every piece by its parts.
    template <typename Find>
    static void cut(std::vector<Piece>& pieces, SplitBehavior behavior, bool invert,
                    const Find& find) {
        std::vector<Piece> out;
        out.reserve(pieces.size());
        std::vector<Span> matches;
        std::vector<Part> parts;
        for (const Piece& piece : pieces) {
            matches.clear();
            find(piece.text, matches);
            cover(piece.text, matches, invert, parts);
            apply_behavior(behavior, parts);
            for (const Part& p : parts) {
                if (p.span.begin == p.span.end) continue;
                out.push_back({piece.text.substr(p.span.begin, p.span.end - p.span.begin),
                               piece.first && p.span.begin == 0});
            }
        }
        pieces = std::move(out);
    }

    void cut(std::vector<Piece>& pieces, SplitBehavior behavior, bool invert) const {
        Search::Run run(*search);
        cut(pieces, behavior, invert,
            [&](std::string_view text, std::vector<Span>& out) { run.find_all(text, out); });
    }

    static void prepend(Pieces& pieces, Piece& piece, std::string_view prefix) {
        piece.text = pieces.storage.emplace_back(std::string(prefix) + std::string(piece.text));
    }

    void operator()(const SplitStep& s, Pieces& pieces) const {
        cut(pieces.list, s.behavior, s.invert);
    }

    void operator()(const ByteLevelStep& s, Pieces& pieces) const {
        if (s.add_prefix_space) {
            for (Piece& piece : pieces.list) {
                if (!piece.text.starts_with(' ')) prepend(pieces, piece, " ");
            }
        }
        if (s.use_regex) cut(pieces.list, SplitBehavior::isolated, false);
        std::size_t size = 0;
        for (const Piece& piece : pieces.list)
            size += 2 * piece.text.size();  // no character has more bytes
        if (size > max_bytes) {
            throw ComponentError("the text in byte characters would pass " +
                                 std::to_string(max_bytes) + " bytes");
        }
        std::string& all = pieces.storage.emplace_back();
        all.reserve(size);
        for (Piece& piece : pieces.list) {
            const std::size_t begin = all.size();
            append_byte_characters(all, piece.text);
            piece.text = std::string_view(all).substr(begin);
        }
    }

    void operator()(const MetaspaceStep& s, Pieces& pieces) const {
        for (Piece& piece : pieces.list) {
            std::string text;
            for (const char c : piece.text) {
                if (c == ' ') {
                    text += s.replacement;
                } else {
                    text += c;
                }
            }
            const bool wanted = s.prepend == PrependScheme::always ||
                                (s.prepend == PrependScheme::first && piece.first);
            if (wanted && !text.starts_with(s.replacement)) text.insert(0, s.replacement);
            piece.text = pieces.storage.emplace_back(std::move(text));
        }
        if (s.split) cut(pieces.list, SplitBehavior::merged_with_next, false);
    }

    void operator()(const DigitsStep& s, Pieces& pieces) const {
        cut(pieces.list, s.individual ? SplitBehavior::isolated : SplitBehavior::contiguous, false,
            [](std::string_view text, std::vector<Span>& out) {
                find_characters(text, is_numeric, out);
            });
    }

    void operator()(const PunctuationStep& s, Pieces& pieces) const {
        cut(pieces.list, s.behavior, false, [](std::string_view text, std::vector<Span>& out) {
            find_characters(text, is_punctuation, out);
        });
    }
};

PreTokenizer::PreTokenizer(const std::vector<PreTokenizerStep>& steps) {
    for (const PreTokenizerStep& step : steps) {
        std::optional<Search> search;
        if (const auto* split = std::get_if<SplitStep>(&step)) search.emplace(split->pattern);
        if (const auto* level = std::get_if<ByteLevelStep>(&step); level && level->use_regex) {
            search.emplace(Pattern{gpt2_pattern, true});
        }
        if (const auto* meta = std::get_if<MetaspaceStep>(&step))
            search.emplace(Pattern{meta->replacement, false});
        stages_.push_back({step, std::move(search)});
    }
}

PreTokenizer::~PreTokenizer() = default;
PreTokenizer::PreTokenizer(PreTokenizer&&) noexcept = default;

Pieces PreTokenizer::split(std::string_view text, bool first) const {
    Pieces pieces;
    if (!text.empty()) pieces.list.push_back({text, first});
    for (const Stage& stage : stages_) {
        std::visit([&](const auto& s) { stage(s, pieces); }, stage.step);
    }
    return pieces;
}

}  // namespace hekla::text
