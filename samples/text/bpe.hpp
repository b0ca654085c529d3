// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tokenizer_spec.hpp"
#include "vocabulary.hpp"

namespace hekla::text {

/// Byte pair encoding (Sennrich, Haddow, Birch: Neural Machine Translation of Rare Words with
/// Subword Units, 2016) of one word after the other: the characters' tokens, of which neighbours
/// merge, best rank first, leftmost first. Immutable and thread safe.
class Bpe {
  public:
    /// Takes the merges out of `spec`, whose vocabulary `vocabulary` was made from and must outlive
    /// this. Throws ComponentError for merges and an unk_token that the vocabulary does not know,
    /// and, with byte_fallback, for tokens that look like bytes and are none.
    Bpe(BpeSpec&& spec, const Vocabulary& vocabulary);

    /// What one thread encodes with: the words it has met, and memory that is used again.
    class Encoder {
      public:
        explicit Encoder(const Bpe& bpe) : bpe_(bpe) {}
        /// Appends the ids of `word` (valid UTF-8, at most 2^31 - 1 bytes), in O(n log n).
        void encode(std::string_view word, std::vector<TokenId>& out);

      private:
        struct Symbol {
            TokenId id;
            std::int32_t previous;
            std::int32_t next;  // -1: the last; merged_away: part of the one before it
        };
        struct Candidate {
            std::uint32_t rank;
            std::int32_t left;
            TokenId merged;
            /// For a heap with the best on top.
            bool operator<(const Candidate& o) const {
                return rank != o.rank ? rank > o.rank : left > o.left;
            }
        };
        struct Hash {
            using is_transparent = void;
            std::size_t operator()(std::string_view s) const {
                return std::hash<std::string_view>()(s);
            }
        };

        void read_symbols(std::string_view word);
        void add(TokenId id);
        void merge();
        void consider(std::int32_t left);

        const Bpe& bpe_;
        std::vector<Symbol> symbols_;
        std::vector<Candidate> heap_;
        std::unordered_map<std::string, std::vector<TokenId>, Hash, std::equal_to<>> known_;
    };

  private:
    struct Merge {
        std::uint64_t pair = empty_slot;
        std::uint32_t rank = 0;
        TokenId merged = 0;
    };
    static constexpr std::uint64_t empty_slot = ~std::uint64_t{0};

    static std::uint64_t pair_of(TokenId a, TokenId b) {
        return (static_cast<std::uint64_t>(a) << 32) | static_cast<std::uint32_t>(b);
    }
    std::size_t slot_of(std::uint64_t pair) const;
    const Merge* find_merge(TokenId a, TokenId b) const;
    void make_room(std::size_t merges);
    void read_merges(const std::vector<std::pair<std::string, std::string>>& merges);
    void read_scores(const std::vector<double>& scores);
    void read_byte_tokens();

    const Vocabulary& vocabulary_;
    std::optional<TokenId> unk_;
    std::string prefix_;
    std::string suffix_;
    bool fuse_unk_;
    bool byte_fallback_;
    bool ignore_merges_;
    std::array<std::optional<TokenId>, 256> byte_token_;
    std::unordered_map<char32_t, TokenId> character_token_;  // tokens of one character
    std::vector<Merge> merges_;                              // open addressing, a power of two
};

}  // namespace hekla::text
