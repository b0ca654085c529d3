// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "tokenizer.hpp"

namespace hekla::text {

/// The tokens by which a checkpoint begins and ends a text.
struct ModelTokens {
    std::optional<TokenId> bos;
    std::vector<TokenId> eos;  ///< any of them ends it; may be empty

    bool ends(TokenId id) const;
};

/// Reads them from a checkpoint folder. Each is taken from the first of generation_config.json,
/// config.json (`bos_token_id`, `eos_token_id`: a number or a list), tokenizer_config.json
/// (`bos_token`, `eos_token`: a token of `tokenizer`) that tells it. A file that is not there tells
/// nothing; neither does a null. `tokenizer` may be null: then tokenizer_config.json is left out.
/// Throws TokenizerError for a file that is not JSON or tells something else.
ModelTokens read_model_tokens(const std::filesystem::path& folder, const Tokenizer* tokenizer);

}  // namespace hekla::text
