// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tokenizer.hpp"

namespace hekla::diffusion {

/// Prompts as CLIP's text encoder reads them: <|startoftext|>, the text, <|endoftext|>, and padding up to a fixed number of places.
class PromptTokens {
  public:
    /// A tokenizer folder as published: tokenizer.json, or vocab.json with merges.txt; start, end and padding as special_tokens_map.json
    /// and tokenizer_config.json name them. `places`: ids in a prompt, 77 usually. Throws std::runtime_error.
    PromptTokens(const std::filesystem::path& folder, std::size_t places);

    /// Exactly `places` ids. What does not fit is left out, with a warning on stderr that quotes where it begins.
    std::vector<std::int32_t> encode(const std::string& text) const;

  private:
    text::Tokenizer tokenizer_;
    std::size_t places_;
    std::int32_t start_, end_, padding_;
};

}  // namespace hekla::diffusion
