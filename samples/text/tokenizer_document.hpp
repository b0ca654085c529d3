// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizer_spec.hpp"

namespace hekla::text {

/// A tokenizer.json as JSON, but for its two long parts, model.vocab (as an object) and
/// model.merges, which go straight into flat lists: a DOM of half a million nodes would take most
/// of the loading time.
struct TokenizerDocument {
    TokenizerDocument();
    ~TokenizerDocument();
    TokenizerDocument(TokenizerDocument&&) noexcept;

    std::unique_ptr<nlohmann::json> rest;  ///< an object; without the two parts
    std::vector<std::pair<std::string, TokenId>> vocab;
    std::vector<std::pair<std::string, std::string>> merges;
    bool has_vocab = false;
    bool has_merges = false;
};

/// Nesting deeper than this is refused; published files need 8.
inline constexpr std::size_t max_json_depth = 64;

/// Throws ComponentError: not JSON (with line and column), too deep, a key twice in an object, ids
/// that are no token ids, merges that are no pairs.
TokenizerDocument read_tokenizer_document(std::string_view json);

}  // namespace hekla::text
