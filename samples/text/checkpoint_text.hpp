// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "model_tokens.hpp"
#include "tokenizer.hpp"

namespace hekla::text {

/// How a model's text becomes ids and ids text.
struct CheckpointText {
    std::optional<Tokenizer> tokenizer;
    ModelTokens tokens;
};

/// Of a checkpoint folder or weight file. A GGUF file that carries a tokenizer (`tokenizer.huggingface.json`, else `tokenizer.ggml.*`) is
/// asked first, then tokenizer.json and the configurations beside the weights. `wanted` false: ids are enough, no tokenizer is read.
/// Throws TokenizerError, or hekla::Failure for weights that cannot be opened.
CheckpointText read_checkpoint_text(const std::string& model, bool wanted);

}  // namespace hekla::text
