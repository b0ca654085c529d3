// SPDX-License-Identifier: MIT
#include "vocabulary.hpp"

#include <algorithm>

#include "tokenizer_error.hpp"

namespace hekla::text {

Vocabulary::Vocabulary(std::vector<std::pair<std::string, TokenId>> tokens)
    : by_id_(std::move(tokens)) {
    if (by_id_.empty()) throw ComponentError("model.vocab is empty");
    std::sort(by_id_.begin(), by_id_.end(),
              [](const auto& a, const auto& b) { return a.second < b.second; });
    by_token_.reserve(by_id_.size());
    const std::pair<std::string, TokenId>* previous = nullptr;
    for (const auto& entry : by_id_) {
        if (!by_token_.emplace(entry.first, entry.second).second) {
            throw ComponentError("model.vocab lists \"" + entry.first + "\" twice");
        }
        if (previous && previous->second == entry.second) {
            throw ComponentError("model.vocab gives id " + std::to_string(entry.second) + " to \"" +
                                 previous->first + "\" and \"" + entry.first + "\"");
        }
        previous = &entry;
    }
}

std::optional<TokenId> Vocabulary::find(std::string_view token) const {
    const auto it = by_token_.find(token);
    return it == by_token_.end() ? std::nullopt : std::make_optional(it->second);
}

std::optional<std::string_view> Vocabulary::find(TokenId id) const {
    // Most vocabularies have no holes: the place is the id.
    const auto guess = static_cast<std::size_t>(id);
    if (id >= 0 && guess < by_id_.size() && by_id_[guess].second == id) return by_id_[guess].first;
    const auto it = std::lower_bound(by_id_.begin(), by_id_.end(), id,
                                     [](const auto& e, TokenId i) { return e.second < i; });
    return it == by_id_.end() || it->second != id ? std::nullopt
                                                  : std::make_optional<std::string_view>(it->first);
}

}  // namespace hekla::text
