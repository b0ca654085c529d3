// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "regex.hpp"
#include "tokenizer_spec.hpp"

namespace hekla::text {

/// A Pattern made ready: plain text or an expression. Immutable and thread safe.
class Search {
  public:
    /// Throws ComponentError, see Regex.
    explicit Search(const Pattern& pattern);

    /// What one thread searches with; make one, use it for many texts.
    class Run {
      public:
        explicit Run(const Search& search);
        /// Appends all matches from left to right, none overlapping. `text` in valid UTF-8.
        void find_all(std::string_view text, std::vector<Span>& out);

      private:
        const std::string* needle_;
        std::optional<Regex::Matcher> matcher_;
    };

  private:
    std::string needle_;
    std::optional<Regex> regex_;
};

/// `text` with every match replaced by `content`; throws ComponentError rather than grow past
/// `max_bytes`.
std::string replace_all(std::string_view text, const Search& search, std::string_view content,
                        std::size_t max_bytes);

}  // namespace hekla::text
