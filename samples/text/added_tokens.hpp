// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "regex.hpp"
#include "tokenizer_spec.hpp"

namespace hekla::text {

/// A part of a text: an added token, or text between such tokens.
struct Segment {
    Span span;
    std::optional<TokenId> token;
};

/// Finds fixed strings in a text: at each place the longest that starts there, none overlapping.
class TokenTrie {
  public:
    TokenTrie();

    /// Of two equal strings the first counts. Empty strings are left out.
    void add(std::string_view text, std::size_t index);

    struct Match {
        Span span;
        std::size_t index;  ///< as given to add()
    };
    std::optional<Match> find(std::string_view text, std::size_t from) const;

  private:
    struct Node {
        std::optional<std::size_t> index;
        std::uint32_t first_child = 0;  // 0: none
        std::uint32_t sibling = 0;
        unsigned char byte = 0;
    };
    std::uint32_t child(std::uint32_t node, unsigned char byte) const;

    std::vector<Node> nodes_;
    std::vector<std::uint32_t> roots_;  // the root's children by byte
};

/// The tokens that a text is cut at before anything else: those of `added_tokens`. Immutable and
/// thread safe.
class AddedTokens {
  public:
    /// `normalized_contents[i]` is the content of tokens[i] after the normalizer.
    AddedTokens(std::vector<AddedToken> tokens,
                const std::vector<std::string>& normalized_contents);

    const std::vector<AddedToken>& tokens() const { return tokens_; }
    std::optional<TokenId> find(std::string_view content) const;
    const AddedToken* find(TokenId id) const;

    /// Cuts the text as it was given at the tokens that are not `normalized`. Segments of text are
    /// not empty. White space that a token strips (lstrip, rstrip) belongs to the token.
    std::vector<Segment> split_raw(std::string_view text) const { return split(text, raw_); }
    /// Cuts a text that came out of the normalizer at the others.
    std::vector<Segment> split_normalized(std::string_view text) const {
        return split(text, normalized_);
    }

  private:
    std::vector<Segment> split(std::string_view text, const TokenTrie& trie) const;
    bool within_word(std::string_view text, Span span) const;

    std::vector<AddedToken> tokens_;
    std::unordered_map<std::string_view, std::size_t> by_content_;
    std::unordered_map<TokenId, std::size_t> by_id_;
    TokenTrie raw_;
    TokenTrie normalized_;
    std::optional<Regex> word_character_;  // if any token asks for single_word
};

}  // namespace hekla::text
