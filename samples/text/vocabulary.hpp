// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tokenizer_spec.hpp"

namespace hekla::text {

/// Tokens and their ids, both ways. Ids may have holes. Immutable and thread safe.
class Vocabulary {
  public:
    /// Throws ComponentError for no tokens at all, a token that is there twice, an id that is given
    /// twice.
    explicit Vocabulary(std::vector<std::pair<std::string, TokenId>> tokens);

    std::optional<TokenId> find(std::string_view token) const;
    std::optional<std::string_view> find(TokenId id) const;
    TokenId max_id() const { return by_id_.back().second; }
    const std::vector<std::pair<std::string, TokenId>>& by_id() const { return by_id_; }

  private:
    std::vector<std::pair<std::string, TokenId>> by_id_;  // ascending
    std::unordered_map<std::string_view, TokenId> by_token_;
};

}  // namespace hekla::text
