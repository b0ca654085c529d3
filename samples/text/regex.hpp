// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hekla::text {

/// Bytes [begin, end) of a text.
struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool operator==(const Span&) const = default;
};

/// A regular expression of a tokenizer.json, matched by PCRE2 with Unicode properties.
///
/// The files are written for Oniguruma; oniguruma.hpp tells what is rewritten and what is refused.
/// Immutable and thread safe.
class Regex {
  public:
    /// Throws ComponentError with the place in the pattern.
    explicit Regex(std::string_view pattern);
    ~Regex();
    Regex(Regex&&) noexcept;
    Regex& operator=(Regex&&) noexcept;

    /// The memory one thread matches with; make one, use it for many texts.
    class Matcher {
      public:
        explicit Matcher(const Regex& regex);
        ~Matcher();
        Matcher(const Matcher&) = delete;
        Matcher& operator=(const Matcher&) = delete;

        /// Appends all matches from left to right, none overlapping. `text` must be valid UTF-8.
        /// Throws ComponentError when the expression needs more steps or memory than the limits
        /// allow.
        void find_all(std::string_view text, std::vector<Span>& out);

      private:
        struct Memory;
        std::unique_ptr<Memory> memory_;
    };

  private:
    struct Code;
    std::unique_ptr<Code> code_;
};

}  // namespace hekla::text
