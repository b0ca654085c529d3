// SPDX-License-Identifier: MIT
#include "gguf_tokenizer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "tokenizer_error.hpp"

namespace hekla::text {
namespace {

constexpr const char* space_mark = "\u2581";

// Splitters, as the tokenizer.json of the models they are named for has them.
constexpr const char* llama3_split =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*)"
    R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* qwen2_split =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*)"
    R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* tekken_split =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+)"
    R"(|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*)"
    R"(|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

/// What a value of tokenizer.ggml.pre stands for.
struct Splitter {
    const char* name;
    const char* expression;  ///< null: GPT-2's, which ByteLevel brings
    bool single_digits = false;
    bool nfc = false;
    bool whole_words = false;  ///< a word that is a token is not taken apart
    bool bos = false;          ///< unless the file says otherwise
};
constexpr std::array<Splitter, 15> splitters = {
    {{"", nullptr},
     {"default", nullptr},
     {"gpt-2", nullptr},
     {"gpt2", nullptr},
     {"phi-2", nullptr},
     {"llama-bpe", llama3_split, false, false, true, true},
     {"llama3", llama3_split, false, false, true, true},
     {"llama-v3", llama3_split, false, false, true, true},
     {"qwen2", qwen2_split, false, true},
     {"deepseek-r1-qwen", qwen2_split, false, true},
     {"stablelm2", qwen2_split},
     {"smollm", nullptr, true},
     {"starcoder", nullptr, true},
     {"refact", nullptr, true},
     {"tekken", tekken_split, false, false, true}}};

enum TokenType : std::int64_t { normal = 1, unknown, control, user_defined, unused, byte };

[[noreturn]] void refuse(const std::string& key, const std::string& reason) {
    throw ComponentError("tokenizer.ggml." + key + " " + reason);
}

std::string place(const char* list, std::size_t index) {
    return std::string(list) + "[" + std::to_string(index) + "]";
}

const Splitter& splitter_of(const std::string& name) {
    const auto found = std::find_if(splitters.begin(), splitters.end(),
                                    [&](const Splitter& s) { return name == s.name; });
    if (found != splitters.end()) return *found;
    std::string known;
    for (const Splitter& s : splitters)
        if (*s.name != '\0') known += (known.empty() ? "" : ", ") + std::string(s.name);
    refuse("pre", "is \"" + name + "\", a way of splitting text that is not known; known are " +
                      known + ". Put the model's tokenizer.json beside weights in safetensors");
}

TokenId id_of(const std::optional<std::int64_t>& id, const char* key, std::size_t tokens) {
    if (!id) refuse(key, "is not there, but a text begins or ends with that token");
    if (*id < 0 || static_cast<std::size_t>(*id) >= tokens)
        refuse(key, "is " + std::to_string(*id) + "; the file has " + std::to_string(tokens) +
                        " tokens");
    return static_cast<TokenId>(*id);
}

void check_lists(const GgufTokenizer& gguf) {
    const std::size_t count = gguf.tokens.size();
    if (count == 0) refuse("tokens", "is not there, or empty");
    if (count >= static_cast<std::size_t>(std::numeric_limits<TokenId>::max()))
        refuse("tokens", "are too many");
    for (std::size_t id = 0; id < count; ++id)
        if (make_valid_utf8(gguf.tokens[id]) != gguf.tokens[id])
            refuse(place("tokens", id), "is not UTF-8");
    const auto same_length = [&](const char* key, std::size_t length) {
        if (length != 0 && length != count)
            refuse(key, "has " + std::to_string(length) + " values for " + std::to_string(count) +
                            " tokens");
    };
    same_length("scores", gguf.scores.size());
    same_length("token_type", gguf.token_type.size());
    for (std::size_t id = 0; id < gguf.token_type.size(); ++id)
        if (gguf.token_type[id] < normal || gguf.token_type[id] > byte)
            refuse(place("token_type", id),
                   "is " + std::to_string(gguf.token_type[id]) + "; types are 1 to 6");
    for (std::size_t id = 0; id < gguf.scores.size(); ++id)
        if (!std::isfinite(gguf.scores[id])) refuse(place("scores", id), "is not a finite number");
}

std::pair<std::string, std::string> merge_of(const std::string& line, std::size_t index) {
    const std::size_t space = line.find(' ', 1);  // a token may begin with one
    if (line.empty() || space == std::string::npos || space + 1 == line.size())
        refuse(place("merges", index),
               "is \"" + line + "\"; a merge is two tokens with one space between");
    return {line.substr(0, space), line.substr(space + 1)};
}

void add_special_tokens(const GgufTokenizer& gguf, TokenizerSpec& spec) {
    for (std::size_t id = 0; id < gguf.token_type.size(); ++id) {
        const std::int64_t type = gguf.token_type[id];
        if (type != control && type != user_defined && type != unknown) continue;
        if (gguf.tokens[id].empty()) continue;
        AddedToken token;
        token.id = static_cast<TokenId>(id);
        token.content = gguf.tokens[id];
        token.special = type != user_defined;
        spec.added_tokens.push_back(std::move(token));
    }
}

void put_around(const GgufTokenizer& gguf, bool bos_by_default, TokenizerSpec& spec) {
    const std::size_t count = gguf.tokens.size();
    const bool bos = gguf.add_bos_token.value_or(bos_by_default);
    const bool eos = gguf.add_eos_token.value_or(false);
    if (bos)
        spec.post_processor.push_back({{id_of(gguf.bos_token_id, "bos_token_id", count)}, false});
    spec.post_processor.push_back({{}, true});
    if (eos)
        spec.post_processor.push_back({{id_of(gguf.eos_token_id, "eos_token_id", count)}, false});
}

void read_byte_bpe(const GgufTokenizer& gguf, TokenizerSpec& spec) {
    if (gguf.merges.empty()) refuse("merges", "is not there, or empty; the model gpt2 needs it");
    const Splitter& splitter = splitter_of(gguf.pre);
    if (splitter.nfc) spec.normalizer.push_back(UnicodeFormStep{UnicodeForm::nfc});
    if (splitter.single_digits) spec.pre_tokenizer.push_back(DigitsStep{true});
    if (splitter.expression != nullptr)
        spec.pre_tokenizer.push_back(
            SplitStep{{splitter.expression, true}, SplitBehavior::isolated, false});
    spec.pre_tokenizer.push_back(
        ByteLevelStep{gguf.add_space_prefix.value_or(false), splitter.expression == nullptr});
    spec.decoder = {ByteLevelDecoderStep{}};
    spec.model.ignore_merges = splitter.whole_words;
    for (std::size_t i = 0; i < gguf.merges.size(); ++i)
        spec.model.merges.push_back(merge_of(gguf.merges[i], i));
    put_around(gguf, splitter.bos, spec);
}

void read_scored_bpe(GgufTokenizer& gguf, TokenizerSpec& spec) {
    if (gguf.scores.empty()) refuse("scores", "is not there, or empty; the model llama needs it");
    const bool space_prefix = gguf.add_space_prefix.value_or(true);
    if (space_prefix) spec.normalizer.push_back(PrependStep{space_mark});
    spec.normalizer.push_back(ReplaceStep{{" ", false}, space_mark});
    spec.decoder = {ReplaceStep{{space_mark, false}, " "}, ByteFallbackStep{}, FuseStep{}};
    if (space_prefix) spec.decoder->push_back(StripStep{" ", 1, 0});
    spec.model.byte_fallback = true;
    spec.model.fuse_unk = true;
    const std::size_t count = gguf.tokens.size();
    if (gguf.unknown_token_id)
        spec.model.unk_token = gguf.tokens[static_cast<std::size_t>(
            id_of(gguf.unknown_token_id, "unknown_token_id", count))];
    // Only what stands for text of its own is merged into.
    for (std::size_t id = 0; id < gguf.token_type.size(); ++id)
        if (gguf.token_type[id] != normal && gguf.token_type[id] != user_defined)
            gguf.scores[id] = std::numeric_limits<double>::quiet_NaN();
    spec.model.scores = std::move(gguf.scores);
    if (!gguf.bos_token_id && count > 1) gguf.bos_token_id = 1;  // SentencePiece's own numbers
    if (!gguf.eos_token_id && count > 2) gguf.eos_token_id = 2;
    put_around(gguf, true, spec);
}

}  // namespace

TokenizerSpec tokenizer_spec_of(GgufTokenizer&& gguf) {
    check_lists(gguf);
    TokenizerSpec spec;
    if (gguf.model == "gpt2")
        read_byte_bpe(gguf, spec);
    else if (gguf.model == "llama")
        read_scored_bpe(gguf, spec);
    else
        refuse("model",
               "is \"" + gguf.model + "\", which is not supported; supported are gpt2 and llama");
    add_special_tokens(gguf, spec);
    for (std::size_t id = 0; id < gguf.tokens.size(); ++id)
        spec.model.vocab.emplace_back(std::move(gguf.tokens[id]), static_cast<TokenId>(id));
    return spec;
}

}  // namespace hekla::text
