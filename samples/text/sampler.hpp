// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

#include "random.hpp"

namespace hekla::text {

using TokenId = std::int32_t;

struct SamplerSettings {
    double temperature = 1.0;  ///< logits are divided by it; 0: always the most likely token
    std::int32_t top_k = 0;    ///< only the k most likely tokens; 0: all
    double top_p = 1.0;  ///< only the fewest tokens whose probabilities reach p together; 1: all
    double min_p = 0.0;  ///< only tokens at least p times as likely as the most likely one; 0: all
    double repeat_penalty =
        1.0;  ///< above 1: tokens that were there lately become less likely; 1: off
    std::int32_t repeat_last_n = 64;  ///< how many ids "lately" is; 0: none, -1: all
    std::uint64_t seed = 0;
};

/// Settings without meaning, or logits that are none.
class SamplerError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Chooses the next token from a row of logits. The same settings, logits and ids give the same
/// choices.
///
/// The steps, in this order: repeat penalty, temperature, top-k, softmax, top-p, min-p, one draw.
/// Of equal logits the smaller id comes first everywhere. Top-p counts the probabilities of what
/// top-k left; min-p, being relative, needs no such care. Probabilities are computed in double
/// precision, in a fixed order.
class Sampler {
  public:
    /// Throws SamplerError naming the setting.
    explicit Sampler(const SamplerSettings& settings);

    /// The next id. `logits`: one finite number for each id, [vocabulary]. `history`: the ids so
    /// far, oldest first, prompt included, for the repeat penalty; ids outside the row are passed
    /// over. Draws one fraction, none at temperature 0. Throws SamplerError for an empty row and
    /// for a logit that is not finite.
    TokenId choose(std::span<const float> logits, std::span<const TokenId> history = {});

    const SamplerSettings& settings() const { return settings_; }

  private:
    struct Candidate {
        double value;  ///< a logit, later a weight
        TokenId id;
    };
    void penalize(std::span<const TokenId> history);
    void sort_front(std::size_t count);
    void keep_top_p();

    SamplerSettings settings_;
    host::Random random_;
    std::vector<Candidate> candidates_;
    std::vector<TokenId> recent_;
};

}  // namespace hekla::text
