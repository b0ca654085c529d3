// SPDX-License-Identifier: MIT
#include "sampler.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace hekla::text {
namespace {

void require(bool good, const char* setting, double value, const char* wanted) {
    if (good) return;
    throw SamplerError(std::string(setting) + " is " + std::to_string(value) + "; it must be " +
                       wanted);
}

}  // namespace

Sampler::Sampler(const SamplerSettings& s) : settings_(s), random_(s.seed) {
    require(std::isfinite(s.temperature) && s.temperature >= 0, "temperature", s.temperature,
            "0 or more");
    require(s.top_k >= 0, "top-k", s.top_k, "0 (off) or more");
    require(s.top_p > 0 && s.top_p <= 1, "top-p", s.top_p, "above 0 and at most 1 (off)");
    require(s.min_p >= 0 && s.min_p <= 1, "min-p", s.min_p, "within 0 (off) and 1");
    require(std::isfinite(s.repeat_penalty) && s.repeat_penalty > 0, "repeat-penalty",
            s.repeat_penalty, "above 0 (1: off)");
    require(s.repeat_last_n >= -1, "repeat-last-n", s.repeat_last_n, "-1 (all), 0 (off) or more");
}

void Sampler::penalize(std::span<const TokenId> history) {
    if (settings_.repeat_penalty == 1.0 || settings_.repeat_last_n == 0) return;
    const auto last = static_cast<std::size_t>(settings_.repeat_last_n);
    if (settings_.repeat_last_n > 0 && history.size() > last) history = history.last(last);
    recent_.assign(history.begin(), history.end());
    std::sort(recent_.begin(), recent_.end());
    recent_.erase(std::unique(recent_.begin(), recent_.end()), recent_.end());
    for (const TokenId id : recent_) {
        if (id < 0 || static_cast<std::size_t>(id) >= candidates_.size()) continue;
        double& logit = candidates_[static_cast<std::size_t>(id)].value;
        // Keskar et al.: CTRL, 2019, section 4.1; negative logits are multiplied, or the penalty
        // would help them.
        logit = logit > 0 ? logit / settings_.repeat_penalty : logit * settings_.repeat_penalty;
    }
}

/// The `count` best candidates to the front, best first.
void Sampler::sort_front(std::size_t count) {
    const auto better = [](const Candidate& a, const Candidate& b) {
        return a.value != b.value ? a.value > b.value : a.id < b.id;
    };
    const auto middle = candidates_.begin() + static_cast<std::ptrdiff_t>(count);
    if (count < candidates_.size())
        std::nth_element(candidates_.begin(), middle, candidates_.end(), better);
    std::sort(candidates_.begin(), middle, better);
}

/// `candidates_` hold weights; keeps the best whose sum first reaches top_p of the whole.
void Sampler::keep_top_p() {
    double total = 0;
    for (const Candidate& c : candidates_) total += c.value;
    // Usually few tokens suffice, so more are sorted only as they are needed.
    for (std::size_t sorted = std::min<std::size_t>(256, candidates_.size());;
         sorted = std::min(8 * sorted, candidates_.size())) {
        sort_front(sorted);
        double sum = 0;
        for (std::size_t i = 0; i < sorted; ++i) {
            sum += candidates_[i].value;
            if (sum >= settings_.top_p * total) return candidates_.resize(i + 1);
        }
        if (sorted == candidates_.size()) return;
    }
}

TokenId Sampler::choose(std::span<const float> logits, std::span<const TokenId> history) {
    if (logits.empty()) throw SamplerError("the row of logits is empty");
    candidates_.resize(logits.size());
    for (std::size_t i = 0; i < logits.size(); ++i) {
        if (!std::isfinite(logits[i])) {
            throw SamplerError("the logit of id " + std::to_string(i) + " is " +
                               std::to_string(logits[i]) + "; the model's output is broken");
        }
        candidates_[i] = {logits[i], static_cast<TokenId>(i)};
    }
    penalize(history);
    // max_element finds the first of equals.
    const auto worse = [](const Candidate& a, const Candidate& b) { return a.value < b.value; };
    const Candidate best = *std::max_element(candidates_.begin(), candidates_.end(), worse);
    if (settings_.temperature == 0) return best.id;

    if (settings_.top_k > 0 && static_cast<std::size_t>(settings_.top_k) < candidates_.size()) {
        sort_front(static_cast<std::size_t>(settings_.top_k));
        candidates_.resize(static_cast<std::size_t>(settings_.top_k));
    }
    // Softmax without its division: the most likely weight is 1.
    for (Candidate& c : candidates_)
        c.value = std::exp((c.value - best.value) / settings_.temperature);
    if (settings_.top_p < 1) keep_top_p();
    if (settings_.min_p > 0)
        std::erase_if(candidates_, [&](const Candidate& c) { return c.value < settings_.min_p; });

    double total = 0;
    for (const Candidate& c : candidates_) total += c.value;
    const double target = random_.fraction() * total;
    double sum = 0;
    TokenId chosen = best.id;
    for (const Candidate& c : candidates_) {
        if (c.value == 0) continue;
        chosen = c.id;
        sum += c.value;
        if (sum > target) break;
    }
    return chosen;
}

}  // namespace hekla::text
