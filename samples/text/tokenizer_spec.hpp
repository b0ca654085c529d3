// SPDX-License-Identifier: MIT
// What a tokenizer.json says, as plain data: between the reader and the parts that do the work.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "unicode.hpp"

namespace hekla::text {

/// Position in the vocabulary, 0 .. 2^31 - 2.
using TokenId = std::int32_t;

struct Pattern {
    std::string text;
    bool is_regex = false;  ///< otherwise the text itself is searched for
};

/// What becomes of the parts of a text that a splitter's pattern matches.
enum class SplitBehavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

enum class PrependScheme { always, first, never };

struct UnicodeFormStep {
    UnicodeForm form;
};
struct LowercaseStep {};
struct StripMarksStep {};
struct StripSpaceStep {
    bool left;
    bool right;
};
struct PrependStep {
    std::string text;
};
struct ReplaceStep {
    Pattern pattern;
    std::string content;
};
using NormalizerStep = std::variant<UnicodeFormStep, LowercaseStep, StripMarksStep, StripSpaceStep,
                                    PrependStep, ReplaceStep>;

struct ByteLevelStep {
    bool add_prefix_space;
    bool use_regex;
};
struct SplitStep {
    Pattern pattern;
    SplitBehavior behavior;
    bool invert;
};
struct MetaspaceStep {
    std::string replacement;  ///< one character
    PrependScheme prepend;
    bool split;
};
struct DigitsStep {
    bool individual;
};
struct PunctuationStep {
    SplitBehavior behavior;
};
using PreTokenizerStep =
    std::variant<ByteLevelStep, SplitStep, MetaspaceStep, DigitsStep, PunctuationStep>;

struct ByteLevelDecoderStep {};
struct ByteFallbackStep {};
struct FuseStep {};
struct StripStep {
    std::string content;  ///< one character
    std::uint32_t start;  ///< at most so many at the start of a token
    std::uint32_t stop;   ///< at most so many at its end
};
struct SuffixStep {
    std::string suffix;  ///< becomes a space, nothing in the last token
};
using DecoderStep = std::variant<ByteLevelDecoderStep, ReplaceStep, ByteFallbackStep, FuseStep,
                                 StripStep, MetaspaceStep, SuffixStep>;

/// A post-processor: ids around the text's own.
struct TemplatePiece {
    std::vector<TokenId> ids;
    bool is_text = false;  ///< here stand the ids of the text
};
using Template = std::vector<TemplatePiece>;

struct AddedToken {
    TokenId id = 0;
    std::string content;
    bool single_word = false;
    bool lstrip = false;
    bool rstrip = false;
    bool normalized = false;
    bool special = false;
};

struct BpeSpec {
    std::vector<std::pair<std::string, TokenId>> vocab;
    std::vector<std::pair<std::string, std::string>> merges;  ///< best first
    /// By id, in place of merges, as SentencePiece has it: any two tokens merge whose joint text is a
    /// token, the highest score first. Not a number: nothing is merged into this one.
    std::vector<double> scores;
    std::optional<std::string> unk_token;
    std::string continuing_subword_prefix;
    std::string end_of_word_suffix;
    bool fuse_unk = false;
    bool byte_fallback = false;
    bool ignore_merges = false;
};

struct TokenizerSpec {
    std::vector<AddedToken> added_tokens;
    std::vector<NormalizerStep> normalizer;
    std::vector<PreTokenizerStep> pre_tokenizer;
    std::optional<std::vector<DecoderStep>> decoder;  ///< absent: tokens with a space between
    Template post_processor;                          ///< of one text
    BpeSpec model;
};

/// Reads the text of a tokenizer.json. Sequences are flattened. Throws ComponentError naming the
/// place: what is not JSON, a key that is there twice, a value of the wrong type, a component that
/// is not supported. Whether the parts fit each other (merges and ids that the vocabulary knows) is
/// for the parts to check.
TokenizerSpec read_tokenizer_spec(std::string_view json);

}  // namespace hekla::text
