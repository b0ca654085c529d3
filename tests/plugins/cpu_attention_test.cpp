// SPDX-License-Identifier: MIT
#include "cpu_harness.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <limits>

using namespace cpu_test;

namespace {

struct Options {
    bool causal = false;
    std::uint32_t window = 0;
    double scale = 0.0;
    double softcap = 0.0;
};

/// The sizes b n g t s h e and the options, as the block has them.
void add_params(Dispatch& dispatch, const Shape& q, const Shape& k, const Shape& v,
                const Options& options, bool has_mask, bool has_bias) {
    for (const std::uint32_t size : {q[0], q[1], k[1], q[2], k[2], q[3], v[3]})
        dispatch.param(size);
    dispatch.param(options.causal);
    dispatch.param(options.window);
    dispatch.param(options.scale);
    dispatch.param(options.softcap);
    dispatch.param(has_mask);
    dispatch.param(has_bias);
}

/// The formula, one element after the other, in the order of its definition.
std::vector<float> formula(const Values& q, const Values& k, const Values& v,
                           const Options& options) {
    const std::uint32_t n = q.shape[1], t = q.shape[2], h = q.shape[3];
    const std::uint32_t g = k.shape[1], s = k.shape[2], e = v.shape[3];
    std::vector<float> y;
    for (std::uint32_t b = 0; b < q.shape[0]; ++b) {
        for (std::uint32_t head = 0; head < n; ++head) {
            const std::size_t group = b * g + head / (n / g);
            for (std::uint32_t i = 0; i < t; ++i) {
                const std::int64_t position = std::int64_t{s} - t + i;
                std::vector<double> weights(s, 0.0);
                double total = 0.0;
                for (std::uint32_t j = 0; j < s; ++j) {
                    const bool later = options.causal && j > position;
                    if (later ||
                        (options.window > 0 && j + std::int64_t{options.window} <= position))
                        continue;
                    double score = 0.0;
                    for (std::uint32_t c = 0; c < h; ++c) {
                        score += static_cast<double>(
                                     q.data[((std::size_t{b} * n + head) * t + i) * h + c]) *
                                 static_cast<double>(k.data[(group * s + j) * h + c]);
                    }
                    score *= options.scale;
                    if (options.softcap > 0.0)
                        score = options.softcap * std::tanh(score / options.softcap);
                    weights[j] = std::exp(score);
                    total += weights[j];
                }
                for (std::uint32_t c = 0; c < e; ++c) {
                    double value = 0.0;
                    for (std::uint32_t j = 0; j < s; ++j) {
                        value += weights[j] * static_cast<double>(v.data[(group * s + j) * e + c]);
                    }
                    y.push_back(total > 0.0 ? static_cast<float>(value / total) : 0.0f);
                }
            }
        }
    }
    return y;
}

}  // namespace

TEST_CASE("cpu: attention, the reference cases") {
    for (const Case& reference : read_cases("attention")) {
        for (const Layout layout : layouts) {
            INFO("case " << reference.id << ", layout " << static_cast<int>(layout));
            const Values& q = reference.floats.at("q");
            const Values& k = reference.floats.at("k");
            const Values& v = reference.floats.at("v");
            const Shape scores = {q.shape[0], q.shape[1], q.shape[2], k.shape[2]};
            Dispatch dispatch("attention");
            dispatch.input("q", q, q.shape, 4, layout);
            dispatch.input("k", k, k.shape, 4, layout);
            dispatch.input("v", v, v.shape, 4, layout);
            // Boolean masks hide, float masks are added.
            const bool has_mask = reference.integers.contains("mask");
            const bool has_bias = reference.floats.contains("mask");
            if (has_mask) {
                std::vector<std::int32_t> shown;
                for (const std::int64_t seen : reference.integers.at("mask"))
                    shown.push_back(seen != 0);
                dispatch.input("mask", shown, reference.shapes.at("mask"), scores);
            } else {
                dispatch.absent("mask", 4);
            }
            if (has_bias) dispatch.input("bias", reference.floats.at("mask"), scores, 4, layout);
            if (!has_bias) dispatch.absent("bias", 4);
            dispatch.output("y", reference.expected.shape, 4, layout);
            Options options;
            options.window = static_cast<std::uint32_t>(reference.number("window", 0.0));
            // The references' windows are causal by themselves.
            options.causal = reference.number("causal", 0.0) != 0.0 || options.window > 0;
            options.scale = reference.number("scale", 1.0 / std::sqrt(q.shape[3]));
            options.softcap = reference.number("softcap", 0.0);
            add_params(dispatch, q.shape, k.shape, v.shape, options, has_mask, has_bias);
            compare(dispatch.run(), reference.expected.data, reference.allowed);
        }
    }
}

TEST_CASE("cpu: attention against the formula, odd sizes") {
    const Values q = random_values({2, 6, 5, 13}, 1);
    const Values k = random_values({2, 3, 11, 13}, 2);
    const Values v = random_values({2, 3, 11, 7}, 3);
    const Options all[] = {{false, 0, 0.3, 0.0}, {true, 0, 0.3, 0.0},   {true, 3, 0.3, 0.0},
                           {false, 3, 0.3, 0.0}, {true, 100, 0.3, 2.0}, {true, 1, 0.3, 0.0}};
    for (const Options& options : all) {
        INFO("causal " << options.causal << ", window " << options.window);
        Dispatch dispatch("attention");
        dispatch.input("q", q, q.shape, 4, Layout::reversed);
        dispatch.input("k", k, k.shape, 4, Layout::offset);
        dispatch.input("v", v, v.shape, 4, Layout::spaced);
        dispatch.absent("mask", 4);
        dispatch.absent("bias", 4);
        dispatch.output("y", {2, 6, 5, 7}, 4, Layout::reversed);
        add_params(dispatch, q.shape, k.shape, v.shape, options, false, false);
        compare(dispatch.run(), formula(q, k, v, options), 1e-6);
    }
}

TEST_CASE("cpu: attention of a query that sees nothing is zero") {
    // Five queries aligned at the end of two keys: the first three stand before every key.
    const Values q = random_values({1, 1, 5, 4}, 1);
    const Values k = random_values({1, 1, 2, 4}, 2);
    const Values v = random_values({1, 1, 2, 3}, 3);
    const Options options{true, 0, 0.5, 0.0};
    Dispatch dispatch("attention");
    dispatch.input("q", q, q.shape, 4, Layout::packed);
    dispatch.input("k", k, k.shape, 4, Layout::packed);
    dispatch.input("v", v, v.shape, 4, Layout::packed);
    dispatch.input("mask", std::vector<std::int32_t>{1, 1}, {1, 1, 1, 2}, {1, 1, 5, 2});
    dispatch.absent("bias", 4);
    dispatch.output("y", {1, 1, 5, 3}, 4, Layout::packed);
    add_params(dispatch, q.shape, k.shape, v.shape, options, true, false);
    const std::vector<float> y = dispatch.run();
    compare(y, formula(q, k, v, options), 1e-6);
    CHECK((y[0] == 0.0f && y[8] == 0.0f && y[9] != 0.0f));
}

TEST_CASE("cpu: keys hidden by bias, as far as all of them") {
    // Key 1 by -infinity, key 2 by the lowest float; query 1 loses both others as well. A bias of -1e4 hides nothing by itself.
    const Values q = random_values({1, 1, 3, 4}, 1);
    const Values k = random_values({1, 1, 4, 4}, 2);
    const Values v = random_values({1, 1, 4, 5}, 3);
    const float lowest = std::numeric_limits<float>::lowest();
    const float infinity = std::numeric_limits<float>::infinity();
    const Values bias{
        {3, 4},
        {0, -infinity, lowest, 0, lowest, -infinity, lowest, lowest, -1e4f, -1e4f, -1e4f, -1e4f}};
    const Options options{false, 0, 0.5, 0.0};
    Dispatch dispatch("attention");
    dispatch.input("q", q, q.shape, 4, Layout::packed);
    dispatch.input("k", k, k.shape, 4, Layout::packed);
    dispatch.input("v", v, v.shape, 4, Layout::packed);
    dispatch.absent("mask", 4);
    dispatch.input("bias", bias, {1, 1, 3, 4}, 4, Layout::reversed);
    dispatch.output("y", {1, 1, 3, 5}, 4, Layout::packed);
    add_params(dispatch, q.shape, k.shape, v.shape, options, false, true);
    const std::vector<float> y = dispatch.run();

    const auto rows_of = [](const Values& from, std::initializer_list<std::size_t> keys) {
        Values part{{1, 1, static_cast<std::uint32_t>(keys.size()), from.shape[3]}, {}};
        for (const std::size_t key : keys) {
            for (std::size_t i = 0; i < from.shape[3]; ++i)
                part.data.push_back(from.data[key * from.shape[3] + i]);
        }
        return part;
    };
    std::vector<float> expected =
        formula(rows_of(q, {0}), rows_of(k, {0, 3}), rows_of(v, {0, 3}), options);
    expected.resize(10, 0.0f);
    const std::vector<float> last = formula(rows_of(q, {2}), k, v, options);
    expected.insert(expected.end(), last.begin(), last.end());
    compare(y, expected, 1e-6);
}

TEST_CASE("cpu: attention refuses heads that do not divide") {
    const Values q = random_values({1, 5, 2, 4}, 1);
    const Values k = random_values({1, 2, 2, 4}, 2);
    Dispatch dispatch("attention");
    dispatch.input("q", q, q.shape, 4, Layout::packed);
    dispatch.input("k", k, k.shape, 4, Layout::packed);
    dispatch.input("v", k, k.shape, 4, Layout::packed);
    dispatch.absent("mask", 4);
    dispatch.absent("bias", 4);
    dispatch.output("y", {1, 5, 2, 4}, 4, Layout::packed);
    add_params(dispatch, q.shape, k.shape, k.shape, {}, false, false);
    CHECK(dispatch.refusal(HEKLA_PLUGIN_INTERNAL).find("5 query heads") != std::string::npos);
}
