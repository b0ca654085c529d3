// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "search.hpp"
#include "tokenizer_spec.hpp"

namespace hekla::text {

/// A text cut into the pieces that the model sees one by one.
struct Pieces {
    struct Piece {
        std::string_view text;
        bool first;  ///< it begins where the whole text begins
    };
    std::vector<Piece> list;
    std::deque<std::string> storage;  ///< of texts that are not parts of the input
};

/// Cuts texts into words. Immutable and thread safe.
class PreTokenizer {
  public:
    /// Throws ComponentError for an expression that does not compile.
    explicit PreTokenizer(const std::vector<PreTokenizerStep>& steps);
    ~PreTokenizer();
    PreTokenizer(PreTokenizer&&) noexcept;

    /// `text` in valid UTF-8; it must outlive the pieces. None of them is empty.
    Pieces split(std::string_view text, bool first) const;

  private:
    struct Stage;
    std::vector<Stage> stages_;
};

}  // namespace hekla::text
