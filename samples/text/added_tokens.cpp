// SPDX-License-Identifier: MIT
#include "added_tokens.hpp"

#include <algorithm>

#include "tokenizer_error.hpp"
#include "unicode.hpp"

namespace hekla::text {
namespace {

/// Bytes of the character that ends just before `end` (> 0) of a valid text.
std::size_t last_length(std::string_view text, std::size_t end) {
    std::size_t length = 1;
    while (length < end && (static_cast<unsigned char>(text[end - length]) & 0xC0) == 0x80)
        ++length;
    return length;
}

}  // namespace

TokenTrie::TokenTrie() : nodes_(1), roots_(256, 0) {}

std::uint32_t TokenTrie::child(std::uint32_t node, unsigned char byte) const {
    if (node == 0) return roots_[byte];
    std::uint32_t at = nodes_[node].first_child;
    while (at != 0 && nodes_[at].byte != byte) at = nodes_[at].sibling;
    return at;
}

void TokenTrie::add(std::string_view text, std::size_t index) {
    if (text.empty()) return;
    std::uint32_t at = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        std::uint32_t next = child(at, byte);
        if (next == 0) {
            next = static_cast<std::uint32_t>(nodes_.size());
            Node node;
            node.byte = byte;
            if (at == 0) {
                roots_[byte] = next;
            } else {
                node.sibling = nodes_[at].first_child;
                nodes_[at].first_child = next;
            }
            nodes_.push_back(node);
        }
        at = next;
    }
    if (!nodes_[at].index) nodes_[at].index = index;
}

std::optional<TokenTrie::Match> TokenTrie::find(std::string_view text, std::size_t from) const {
    if (nodes_.size() == 1) return std::nullopt;
    for (std::size_t begin = from; begin < text.size(); ++begin) {
        std::optional<Match> longest;
        std::uint32_t at = 0;
        for (std::size_t i = begin; i < text.size(); ++i) {
            at = child(at, static_cast<unsigned char>(text[i]));
            if (at == 0) break;
            if (nodes_[at].index) longest = Match{{begin, i + 1}, *nodes_[at].index};
        }
        if (longest) return longest;
    }
    return std::nullopt;
}

AddedTokens::AddedTokens(std::vector<AddedToken> tokens,
                         const std::vector<std::string>& normalized_contents)
    : tokens_(std::move(tokens)) {
    // Special ones first: of two tokens that read the same after the normalizer those count.
    std::vector<std::size_t> order(tokens_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_partition(order.begin(), order.end(),
                          [&](std::size_t i) { return tokens_[i].special; });
    for (const std::size_t i : order) {
        const AddedToken& token = tokens_[i];
        if (!by_content_.emplace(token.content, i).second) {
            throw ComponentError("added_tokens lists \"" + token.content + "\" twice");
        }
        if (const auto [other, fresh] = by_id_.emplace(token.id, i); !fresh) {
            throw ComponentError("added_tokens gives id " + std::to_string(token.id) + " to \"" +
                                 tokens_[other->second].content + "\" and \"" + token.content +
                                 "\"");
        }
        if (token.normalized) {
            normalized_.add(normalized_contents[i], i);
        } else {
            raw_.add(token.content, i);
        }
        // Letters, marks, digits and joiners: what Unicode counts as parts of words (UTS 18, annex
        // C).
        if (token.single_word && !word_character_) {
            word_character_.emplace("[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\x{200C}\\x{200D}]");
        }
    }
}

std::optional<TokenId> AddedTokens::find(std::string_view content) const {
    const auto it = by_content_.find(content);
    return it == by_content_.end() ? std::nullopt : std::make_optional(tokens_[it->second].id);
}

const AddedToken* AddedTokens::find(TokenId id) const {
    const auto it = by_id_.find(id);
    return it == by_id_.end() ? nullptr : &tokens_[it->second];
}

bool AddedTokens::within_word(std::string_view text, Span span) const {
    std::vector<Span> found;
    Regex::Matcher matcher(*word_character_);
    if (span.begin > 0) {
        const std::size_t length = last_length(text, span.begin);
        matcher.find_all(text.substr(span.begin - length, length), found);
    }
    if (span.end < text.size()) {
        matcher.find_all(text.substr(span.end, next_utf8(text.substr(span.end)).length), found);
    }
    return !found.empty();
}

std::vector<Segment> AddedTokens::split(std::string_view text, const TokenTrie& trie) const {
    std::vector<Segment> out;
    std::size_t done = 0;
    std::size_t from = 0;
    while (const auto match = trie.find(text, from)) {
        const AddedToken& token = tokens_[match->index];
        Span span = match->span;
        from = span.end;
        if (token.single_word && within_word(text, span)) continue;
        if (token.lstrip) {
            while (span.begin > done) {
                const std::size_t length = last_length(text, span.begin);
                if (!is_white_space(next_utf8(text.substr(span.begin - length)).code_point)) break;
                span.begin -= length;
            }
        }
        if (token.rstrip) {
            while (span.end < text.size()) {
                const Utf8Unit unit = next_utf8(text.substr(span.end));
                if (!is_white_space(unit.code_point)) break;
                span.end += unit.length;
            }
        }
        // A token of white space may lie in what the one before it stripped; it is found all the
        // same.
        if (done < span.begin) out.push_back({{done, span.begin}, std::nullopt});
        out.push_back({span, token.id});
        done = span.end;
    }
    if (done < text.size()) out.push_back({{done, text.size()}, std::nullopt});
    return out;
}

}  // namespace hekla::text
