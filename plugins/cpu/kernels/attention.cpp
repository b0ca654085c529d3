// SPDX-License-Identifier: MIT
// y = softmax(scale q k^T + bias, masked) v (Vaswani et al. 2017, arXiv 1706.03762), key heads shared by consecutive query
// heads (Ainslie et al. 2023, arXiv 2305.13245).
// q: [b, n, t, h]; k: [b, g, s, h]; v: [b, g, s, e]; mask, bias: [b, n, t, s] by strides; y: [b, n, t, e].
// Query i stands at position p = s - t + i. `causal` hides keys after p; a window of w > 0 hides those at p - w and before, and
// says nothing of later ones. Scores at or below -3e38 (the usual ways to hide a key by bias) do not count. A query that sees no
// key gives zeros.
#include "kernel.hpp"
#include "loops.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hekla::cpu {

namespace {

/// Scores from here down do not count.
constexpr double lowest = -3e38;

constexpr std::size_t scratch_limit = std::size_t{1} << 60;

struct Attention {
    explicit Attention(Words& words)
        : q(words.strided<4>("q")),
          k(words.strided<4>("k")),
          v(words.strided<4>("v")),
          mask(words.strided<4>("mask")),
          bias(words.strided<4>("bias")),
          y(words.strided<4>("y")),
          b(words.integer("b")),
          n(words.integer("n")),
          g(words.integer("g")),
          t(words.integer("t")),
          s(words.integer("s")),
          h(words.integer("h")),
          e(words.integer("e")),
          causal(words.flag("causal")),
          window(words.integer("window")),
          scale(words.real("scale")),
          softcap(words.real("softcap")),
          has_mask(words.flag("has_mask")),
          has_bias(words.flag("has_bias")) {}

    void run(Memory& memory) const {
        if (g == 0 || n % g != 0) {
            memory.fail(std::to_string(n) + " query heads do not share " + std::to_string(g) +
                        " key heads evenly");
        }
        const Sizes<4> scores_sizes = {b, n, t, s};
        const auto queries = memory.input(q, Sizes<4>{b, n, t, h});
        const auto keys = memory.input(k, Sizes<4>{b, g, s, h});
        const auto values = memory.input(v, Sizes<4>{b, g, s, e});
        const auto out = memory.output(y, Sizes<4>{b, n, t, e});
        Seen seen{};
        if (has_mask) seen.mask = memory.input<std::int32_t>(mask, scores_sizes);
        if (has_bias) seen.bias = memory.input(bias, scores_sizes);

        const std::size_t h8 = padded(h);
        const std::size_t e8 = padded(e);
        const std::size_t s8 = padded(s);
        if (h8 + e8 > scratch_limit / padded(s + std::size_t{1})) {
            memory.fail(std::to_string(s) + " keys of " + std::to_string(h) + " and " +
                        std::to_string(e) + " values are too many");
        }
        double* wide_keys = memory.scratch(s * (h8 + e8) + h8 + e8 + s8);
        double* wide_values = wide_keys + s * h8;
        double* query = wide_values + s * e8;
        double* result = query + h8;
        double* scores = result + e8;

        for (std::size_t item = 0; item < b; ++item) {
            for (std::size_t group = 0; group < g; ++group) {
                for (std::size_t key = 0; key < s; ++key) {
                    widen(keys.row(item, group, key), keys.step(), h, wide_keys + key * h8);
                    widen(values.row(item, group, key), values.step(), e, wide_values + key * e8);
                }
                const std::size_t share = n / g;
                for (std::size_t head = group * share; head < (group + 1) * share; ++head) {
                    for (std::size_t token = 0; token < t; ++token) {
                        const auto [first, last] = visible(token);
                        widen(queries.row(item, head, token), queries.step(), h, query);
                        dots(query, wide_keys + first * h8, last - first, h8, scores);
                        soften(seen, item, head, token, first, last, scores);
                        weighted_sum(scores, wide_values + first * e8, last - first, e8, result);
                        float* to = out.row(item, head, token);
                        for (std::size_t i = 0; i < e; ++i) {
                            to[i * out.step()] = static_cast<float>(result[i]);
                        }
                    }
                }
            }
        }
    }

  private:
    struct Seen {
        View<const std::int32_t, 4> mask;
        View<const float, 4> bias;
    };

    struct Span {
        std::size_t first, last;
    };

    /// The keys [first, last) that the query may see by its position.
    Span visible(std::size_t token) const {
        // One more than the own position. Keys may be fewer than queries, and all behind the window.
        const std::int64_t end = std::int64_t{s} - t + static_cast<std::int64_t>(token) + 1;
        const std::int64_t last = causal ? std::max<std::int64_t>(end, 0) : std::int64_t{s};
        const std::int64_t first = window > 0 ? std::max<std::int64_t>(end - window, 0) : 0;
        return {static_cast<std::size_t>(std::min(first, last)), static_cast<std::size_t>(last)};
    }

    /// Products of [first, last) become weights that add up to 1, in place; all 0 if nothing is seen.
    void soften(const Seen& seen, std::size_t item, std::size_t head, std::size_t token,
                std::size_t first, std::size_t last, double* scores) const {
        constexpr double hidden = -std::numeric_limits<double>::infinity();
        const std::int32_t* shown = has_mask ? seen.mask.row(item, head, token) : nullptr;
        const float* added = has_bias ? seen.bias.row(item, head, token) : nullptr;
        double highest = hidden;
        for (std::size_t key = first; key < last; ++key) {
            double& score = scores[key - first];
            score *= static_cast<double>(scale);
            if (softcap > 0.0f) {
                score =
                    static_cast<double>(softcap) * std::tanh(score / static_cast<double>(softcap));
            }
            if (added != nullptr) score += static_cast<double>(added[key * seen.bias.step()]);
            if (shown != nullptr && shown[key * seen.mask.step()] == 0) score = hidden;
            if (score <= lowest) score = hidden;
            if (score > highest || std::isnan(score)) highest = score;
        }
        const std::size_t count = last - first;
        if (highest == hidden) {
            std::fill_n(scores, count, 0.0);
            return;
        }
        double total = 0.0;
        for (std::size_t i = 0; i < count; ++i) {
            scores[i] = std::exp(scores[i] - highest);
            total += scores[i];
        }
        for (std::size_t i = 0; i < count; ++i) scores[i] /= total;
    }

    Strided<4> q, k, v, mask, bias, y;
    std::uint32_t b, n, g, t, s, h, e;
    bool causal;
    std::uint32_t window;
    float scale, softcap;
    bool has_mask, has_bias;
};

constexpr Kernel kernels[] = {kernel<Attention>("attention")};

}  // namespace

std::span<const Kernel> attention_kernels() { return kernels; }

}  // namespace hekla::cpu
