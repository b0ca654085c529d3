// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer_spec.hpp"

namespace hekla::text {

/// What is done to a text before it is split. Immutable and thread safe.
class Normalizer {
  public:
    /// Throws ComponentError for an expression that does not compile.
    explicit Normalizer(const std::vector<NormalizerStep>& steps);
    ~Normalizer();
    Normalizer(Normalizer&&) noexcept;

    /// `text` in valid UTF-8. Throws ComponentError where the result would pass
    /// max_normalized_bytes.
    std::string apply(std::string_view text) const;

    static constexpr std::size_t max_normalized_bytes = std::size_t{256} << 20;

  private:
    struct Step;
    std::vector<Step> steps_;
};

}  // namespace hekla::text
