// SPDX-License-Identifier: MIT
#include "bpe.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "tokenizer_error.hpp"
#include "unicode.hpp"

namespace hekla::text {
namespace {

constexpr std::int32_t merged_away = -2;

// Words longer than this are rarely met again; the number bounds what one long text can make us
// keep.
constexpr std::size_t max_known_word_bytes = 64;
constexpr std::size_t max_known_words = 1 << 16;

// Every way to cut a token in two is looked at.
constexpr std::size_t max_scored_token_bytes = 1024;

std::string merge_place(std::size_t index) { return "model.merges[" + std::to_string(index) + "]"; }

}  // namespace

Bpe::Bpe(BpeSpec&& spec, const Vocabulary& vocabulary)
    : vocabulary_(vocabulary),
      prefix_(std::move(spec.continuing_subword_prefix)),
      suffix_(std::move(spec.end_of_word_suffix)),
      fuse_unk_(spec.fuse_unk),
      byte_fallback_(spec.byte_fallback),
      ignore_merges_(spec.ignore_merges) {
    // GPT-2 files of the first years say "" where they mean none.
    if (spec.unk_token && !spec.unk_token->empty()) {
        unk_ = vocabulary_.find(*spec.unk_token);
        if (!unk_)
            throw ComponentError("model.unk_token \"" + *spec.unk_token +
                                 "\" is not in model.vocab");
    }
    for (const auto& [token, id] : vocabulary_.by_id()) {
        if (token.empty()) continue;
        const Utf8Unit unit = next_utf8(token);
        if (unit.length == token.size()) character_token_.emplace(unit.code_point, id);
    }
    if (byte_fallback_) read_byte_tokens();
    spec.scores.empty() ? read_merges(spec.merges) : read_scores(spec.scores);
}

void Bpe::read_byte_tokens() {
    for (const auto& [token, id] : vocabulary_.by_id()) {
        if (token.size() != 6 || !token.starts_with("<0x") || !token.ends_with('>')) continue;
        unsigned byte = 0;
        const char* digits = token.data() + 3;
        const auto [end, error] = std::from_chars(digits, digits + 2, byte, 16);
        if (error != std::errc() || end != digits + 2) {
            throw ComponentError(
                "model.vocab has the token \"" + token +
                "\", which is no byte; with byte_fallback these are <0x00> to <0xFF>");
        }
        // <0xAB> and not <0xab> is what a byte falls back to; reading takes both.
        const auto is_lower = [](char c) { return c >= 'a' && c <= 'f'; };
        if (!is_lower(digits[0]) && !is_lower(digits[1])) byte_token_[byte] = id;
    }
}

void Bpe::make_room(std::size_t merges) {
    std::size_t slots = 16;
    while (slots < 2 * merges) slots *= 2;
    merges_.resize(slots);
}

void Bpe::read_merges(const std::vector<std::pair<std::string, std::string>>& merges) {
    make_room(merges.size());
    const auto known = [&](const std::string& token, std::size_t index) {
        const auto id = vocabulary_.find(token);
        if (!id)
            throw ComponentError(merge_place(index) + " speaks of \"" + token +
                                 "\", which model.vocab does not have");
        return *id;
    };
    for (std::size_t i = 0; i < merges.size(); ++i) {
        const auto& [left, right] = merges[i];
        const TokenId a = known(left, i);
        const TokenId b = known(right, i);
        if (right.size() < prefix_.size()) {
            throw ComponentError(merge_place(i) + ": \"" + right +
                                 "\" is shorter than continuing_subword_prefix");
        }
        const TokenId merged = known(left + right.substr(prefix_.size()), i);
        const std::uint64_t pair = pair_of(a, b);
        // Of a pair that is listed twice the later rank holds.
        merges_[slot_of(pair)] = {pair, static_cast<std::uint32_t>(i), merged};
    }
}

void Bpe::read_scores(const std::vector<double>& scores) {
    // Tokens by falling score; equal scores share a rank, so that the leftmost goes first.
    std::vector<std::pair<double, TokenId>> order;
    for (std::size_t id = 0; id < scores.size(); ++id)
        if (!std::isnan(scores[id])) order.emplace_back(-scores[id], static_cast<TokenId>(id));
    std::sort(order.begin(), order.end());
    std::vector<Merge> found;
    std::uint32_t rank = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (i > 0 && order[i].first != order[i - 1].first) ++rank;
        const TokenId id = order[i].second;
        const std::string_view token = vocabulary_.find(id).value_or("");
        if (token.size() > max_scored_token_bytes)
            throw ComponentError("the token " + std::to_string(id) + " has " +
                                 std::to_string(token.size()) + " bytes; at most " +
                                 std::to_string(max_scored_token_bytes) + " are allowed");
        for (std::size_t at = 0; at < token.size();) {
            at += next_utf8(token.substr(at)).length;
            const auto left = vocabulary_.find(token.substr(0, at));
            const auto right = vocabulary_.find(token.substr(at));
            if (left && right && at < token.size())
                found.push_back({pair_of(*left, *right), rank, id});
        }
    }
    make_room(found.size());
    for (const Merge& merge : found) merges_[slot_of(merge.pair)] = merge;
}

std::size_t Bpe::slot_of(std::uint64_t pair) const {
    std::uint64_t h =
        pair * 0x9E3779B97F4A7C15u;  // Fibonacci hashing: the high bits are the mixed ones
    h ^= h >> 32;
    std::size_t slot = h & (merges_.size() - 1);
    while (merges_[slot].pair != pair && merges_[slot].pair != empty_slot)
        slot = (slot + 1) & (merges_.size() - 1);
    return slot;
}

const Bpe::Merge* Bpe::find_merge(TokenId a, TokenId b) const {
    const Merge& merge = merges_[slot_of(pair_of(a, b))];
    return merge.pair == empty_slot ? nullptr : &merge;
}

void Bpe::Encoder::add(TokenId id) {
    const auto place = static_cast<std::int32_t>(symbols_.size());
    if (place > 0) symbols_.back().next = place;
    symbols_.push_back({id, place - 1, -1});
}

void Bpe::Encoder::read_symbols(std::string_view word) {
    symbols_.clear();
    // The last unknown character waits, for the next may join it (fuse_unk). Byte tokens do not
    // push it out: where a vocabulary has some bytes only, it stands behind them, as in the library
    // that these files come from.
    bool unk_waits = false;
    const auto flush = [&] {
        if (unk_waits) add(*bpe_.unk_);
        unk_waits = false;
    };
    std::string decorated;
    for (std::size_t at = 0; at < word.size();) {
        const Utf8Unit unit = next_utf8(word.substr(at));
        const bool first = at == 0;
        std::string_view text = word.substr(at, unit.length);
        at += unit.length;
        const bool last = at == word.size();

        std::optional<TokenId> id;
        if ((!first && !bpe_.prefix_.empty()) || (last && !bpe_.suffix_.empty())) {
            decorated = first ? std::string() : bpe_.prefix_;
            decorated += text;
            if (last) decorated += bpe_.suffix_;
            text = decorated;
            id = bpe_.vocabulary_.find(text);
        } else if (const auto it = bpe_.character_token_.find(unit.code_point);
                   it != bpe_.character_token_.end()) {
            id = it->second;
        }
        if (id) {
            flush();
            add(*id);
            continue;
        }
        const auto has_byte = [&](char c) {
            return bpe_.byte_token_[static_cast<unsigned char>(c)].has_value();
        };
        if (bpe_.byte_fallback_ && std::all_of(text.begin(), text.end(), has_byte)) {
            for (const char c : text) add(*bpe_.byte_token_[static_cast<unsigned char>(c)]);
        } else if (bpe_.unk_) {
            if (!bpe_.fuse_unk_) flush();
            unk_waits = true;
        }
    }
    flush();
}

void Bpe::Encoder::consider(std::int32_t left) {
    const Symbol& symbol = symbols_[static_cast<std::size_t>(left)];
    const Symbol& right = symbols_[static_cast<std::size_t>(symbol.next)];
    if (const Merge* merge = bpe_.find_merge(symbol.id, right.id)) {
        heap_.push_back({merge->rank, left, merge->merged});
    }
}

void Bpe::Encoder::merge() {
    heap_.clear();
    for (std::size_t i = 0; i + 1 < symbols_.size(); ++i) consider(static_cast<std::int32_t>(i));
    std::make_heap(heap_.begin(), heap_.end());
    while (!heap_.empty()) {
        std::pop_heap(heap_.begin(), heap_.end());
        const Candidate top = heap_.back();
        heap_.pop_back();
        Symbol& left = symbols_[static_cast<std::size_t>(top.left)];
        if (left.next < 0) continue;  // merged away, or the last by now
        Symbol& right = symbols_[static_cast<std::size_t>(left.next)];
        // Either may have changed since; what counts is that they still give the same token.
        const Merge* merge = bpe_.find_merge(left.id, right.id);
        if (!merge || merge->merged != top.merged) continue;

        left.id = top.merged;
        left.next = right.next;
        right.next = merged_away;
        if (left.next >= 0) symbols_[static_cast<std::size_t>(left.next)].previous = top.left;

        const std::size_t before = heap_.size();
        if (left.previous >= 0) consider(left.previous);
        if (heap_.size() != before) std::push_heap(heap_.begin(), heap_.end());
        const std::size_t between = heap_.size();
        if (left.next >= 0) consider(top.left);
        if (heap_.size() != between) std::push_heap(heap_.begin(), heap_.end());
    }
}

void Bpe::Encoder::encode(std::string_view word, std::vector<TokenId>& out) {
    if (bpe_.ignore_merges_) {
        if (const auto id = bpe_.vocabulary_.find(word)) {
            out.push_back(*id);
            return;
        }
    }
    const bool short_word = word.size() <= max_known_word_bytes;
    if (short_word) {
        if (const auto it = known_.find(word); it != known_.end()) {
            out.insert(out.end(), it->second.begin(), it->second.end());
            return;
        }
    }
    read_symbols(word);
    merge();
    const std::size_t begin = out.size();
    for (const Symbol& symbol : symbols_) {
        if (symbol.next != merged_away) out.push_back(symbol.id);
    }
    if (short_word && known_.size() < max_known_words) {
        known_.emplace(
            std::string(word),
            std::vector<TokenId>(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end()));
    }
}

}  // namespace hekla::text
