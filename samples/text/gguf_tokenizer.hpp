// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tokenizer_spec.hpp"

namespace hekla::text {

/// What the keys `tokenizer.ggml.*` of a GGUF file say (ggml-org/ggml, docs/gguf.md), by their last word.
struct GgufTokenizer {
    std::string model;                     ///< `gpt2` or `llama`; others are refused
    std::string pre;                       ///< which splitter `gpt2` means; empty: GPT-2's own
    std::vector<std::string> tokens;       ///< by id
    std::vector<double> scores;            ///< by id; `llama`
    std::vector<std::int64_t> token_type;  ///< by id; empty: all are normal
    std::vector<std::string> merges;       ///< `gpt2`: "left right", best first
    std::optional<std::int64_t> bos_token_id, eos_token_id, unknown_token_id;
    std::optional<bool> add_bos_token, add_eos_token, add_space_prefix;
};

/// The same as components of a tokenizer.json, as the models' own files spell them: `gpt2` is BPE over byte characters behind the splitter
/// that `pre` names, `llama` is BPE over characters by score, spaces as U+2581, with byte tokens for what is unknown. Control tokens
/// (type 3) become special, those of the user's (4) added tokens. Throws ComponentError naming the key: a model or splitter that is not
/// known, lists whose lengths differ, types, scores and ids that cannot be.
TokenizerSpec tokenizer_spec_of(GgufTokenizer&& gguf);

}  // namespace hekla::text
