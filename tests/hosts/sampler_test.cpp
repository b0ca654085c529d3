// SPDX-License-Identifier: MIT
#include "sampler.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <limits>
#include <map>

using namespace hekla::text;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace {

std::vector<float> logits_of(const std::vector<double>& probabilities) {
    std::vector<float> out;
    for (const double p : probabilities) out.push_back(static_cast<float>(std::log(p)));
    return out;
}

/// How often each id comes in `draws` choices.
std::map<TokenId, int> count(SamplerSettings settings, const std::vector<float>& logits, int draws,
                             const std::vector<TokenId>& history = {}) {
    Sampler sampler(settings);
    std::map<TokenId, int> counts;
    for (int i = 0; i < draws; ++i) ++counts[sampler.choose(logits, history)];
    return counts;
}

std::vector<TokenId> keys(const std::map<TokenId, int>& counts) {
    std::vector<TokenId> out;
    for (const auto& [id, n] : counts) out.push_back(id);
    return out;
}

}  // namespace

TEST_CASE("Temperature 0 takes the largest logit, of equals the first, and draws nothing") {
    SamplerSettings greedy;
    greedy.temperature = 0;
    Sampler sampler(greedy);
    CHECK(sampler.choose(std::vector<float>{-3, 7, 7, 2, 7}) == 1);
    CHECK(sampler.choose(std::vector<float>{-3}) == 0);
    CHECK(sampler.choose(std::vector<float>{-9, -8, -8.5}) == 1);
    const float big = std::numeric_limits<float>::max();
    CHECK(sampler.choose(std::vector<float>{-big, 0, big}) == 2);
}

TEST_CASE("Draws follow the softmax") {
    const std::vector<double> p{0.5, 0.3, 0.15, 0.05};
    SamplerSettings settings;
    settings.seed = 7;
    const int draws = 40'000;
    const auto counts = count(settings, logits_of(p), draws);
    for (std::size_t i = 0; i < p.size(); ++i) {
        const double deviation = std::sqrt(p[i] * (1 - p[i]) / draws);
        CHECK_THAT(counts.at(static_cast<TokenId>(i)) / double{draws},
                   WithinAbs(p[i], 5 * deviation));
    }

    SECTION("temperature 2 takes the square root of the odds") {
        settings.temperature = 2;
        const auto warm = count(settings, logits_of({0.8, 0.2}), draws);
        // sqrt(0.8) / (sqrt(0.8) + sqrt(0.2)) = 2/3
        CHECK_THAT(warm.at(0) / double{draws}, WithinAbs(2.0 / 3, 0.012));
    }
    SECTION("temperature near 0 is greedy") {
        settings.temperature = 1e-3;
        CHECK(keys(count(settings, logits_of(p), 1000)) == std::vector<TokenId>{0});
    }
}

TEST_CASE("One draw is where the fraction falls in the sum of probabilities") {
    // With seed 3 the first fraction is f; id i is chosen when cumulative(i - 1) <= f <
    // cumulative(i).
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const double f = hekla::host::Random(seed).fraction();
        SamplerSettings settings;
        settings.seed = seed;
        const std::vector<float> equal(8, 1.5f);
        CHECK(Sampler(settings).choose(equal) == static_cast<TokenId>(f * 8));
    }
}

TEST_CASE("The same seed gives the same ids, another others") {
    const std::vector<float> flat(1000, 0.0f);
    const auto run = [&](std::uint64_t seed) {
        SamplerSettings settings;
        settings.seed = seed;
        Sampler sampler(settings);
        std::vector<TokenId> ids;
        for (int i = 0; i < 32; ++i) ids.push_back(sampler.choose(flat));
        return ids;
    };
    CHECK(run(1) == run(1));
    CHECK(run(1) != run(2));
}

TEST_CASE("top-k keeps the k most likely, of equals the first") {
    SamplerSettings settings;
    settings.top_k = 2;
    CHECK(keys(count(settings, {0, 3, 1, 3, 2}, 500)) == std::vector<TokenId>{1, 3});
    CHECK(keys(count(settings, {1, 1, 1, 1}, 500)) == std::vector<TokenId>{0, 1});
    settings.top_k = 1;
    CHECK(keys(count(settings, {0, 3, 1, 3, 2}, 100)) == std::vector<TokenId>{1});
    settings.top_k = 99;
    CHECK(keys(count(settings, {0, 0, 0}, 500)) == std::vector<TokenId>{0, 1, 2});
}

TEST_CASE("top-p keeps the fewest that reach p, the one that crosses it included") {
    const std::vector<float> logits = logits_of({0.1, 0.4, 0.3, 0.2});
    SamplerSettings settings;
    settings.top_p = 0.35;
    CHECK(keys(count(settings, logits, 500)) == std::vector<TokenId>{1});
    settings.top_p = 0.65;
    CHECK(keys(count(settings, logits, 500)) == std::vector<TokenId>{1, 2});
    settings.top_p = 0.85;
    CHECK(keys(count(settings, logits, 500)) == std::vector<TokenId>{1, 2, 3});
    settings.top_p = 1e-9;
    CHECK(keys(count(settings, logits, 100)) == std::vector<TokenId>{1});

    SECTION("the probabilities are those that top-k left") {
        settings.top_k = 2;  // 0.4 and 0.3 become 4/7 = 0.571 and 3/7
        settings.top_p = 0.56;
        CHECK(keys(count(settings, logits, 500)) == std::vector<TokenId>{1});
        settings.top_p = 0.58;
        CHECK(keys(count(settings, logits, 500)) == std::vector<TokenId>{1, 2});
    }
    SECTION("a long flat row needs many tokens") {
        settings.top_p = 0.5;
        const auto counts = count(settings, std::vector<float>(5003, 2.0f), 3000);
        CHECK(counts.rbegin()->first <= 2501);  // ceil(0.5 * 5003) = 2502 tokens, the first ones
        CHECK(counts.rbegin()->first > 2300);
    }
}

TEST_CASE("min-p keeps what is at least p times as likely as the best") {
    const std::vector<float> logits = logits_of({0.05, 0.5, 0.26, 0.19});
    SamplerSettings settings;
    settings.min_p = 0.5;  // 0.25 and more
    CHECK(keys(count(settings, logits, 500)) == std::vector<TokenId>{1, 2});
    settings.min_p = 0.37;  // 0.185 and more
    CHECK(keys(count(settings, logits, 500)) == std::vector<TokenId>{1, 2, 3});
    settings.min_p = 1;
    CHECK(keys(count(settings, logits, 100)) == std::vector<TokenId>{1});
    CHECK(keys(count(settings, {2, 1, 2}, 500)) == std::vector<TokenId>{0, 2});
}

TEST_CASE("The repeat penalty divides positive logits and multiplies negative ones, once an id") {
    SamplerSettings settings;
    settings.temperature = 0;
    settings.repeat_penalty = 2;
    Sampler sampler(settings);
    const auto choose = [&](std::vector<float> l, std::vector<TokenId> h) {
        return sampler.choose(l, h);
    };
    CHECK(choose({4.0f, 2.5f}, {}) == 0);
    CHECK(choose({4.0f, 2.5f}, {0}) == 1);        // 2.0 against 2.5
    CHECK(choose({4.0f, 1.5f}, {0, 0, 0}) == 0);  // 2.0: not halved again
    CHECK(choose({-1.0f, -1.5f}, {0}) == 1);      // -2.0 against -1.5
    CHECK(choose({0.0f, -1.0f}, {0}) == 0);
    CHECK(choose({4.0f, 2.5f}, {-7, 2, 2'000'000'000}) == 0);  // ids outside the row

    SECTION("only the last n ids count") {
        settings.repeat_last_n = 2;
        Sampler last_two(settings);
        CHECK(last_two.choose(std::vector<float>{4.0f, 2.5f, 0}, std::vector<TokenId>{0, 2, 2}) ==
              0);
        CHECK(last_two.choose(std::vector<float>{4.0f, 2.5f, 0}, std::vector<TokenId>{2, 0, 2}) ==
              1);
    }
    SECTION("none and all") {
        settings.repeat_last_n = 0;
        CHECK(Sampler(settings).choose(std::vector<float>{4.0f, 2.5f}, std::vector<TokenId>{0}) ==
              0);
        settings.repeat_last_n = -1;
        std::vector<TokenId> far(5000, 1);
        far[0] = 0;
        CHECK(Sampler(settings).choose(std::vector<float>{4.0f, 1.5f, 2.5f}, far) == 2);
    }
}

TEST_CASE("Broken logits are an error that names the id") {
    Sampler sampler(SamplerSettings{});
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float inf = std::numeric_limits<float>::infinity();
    CHECK_THROWS_WITH(sampler.choose(std::vector<float>{0, 1, nan}), ContainsSubstring("id 2"));
    CHECK_THROWS_WITH(sampler.choose(std::vector<float>{0, inf, nan}),
                      ContainsSubstring("id 1 is inf"));
    CHECK_THROWS_WITH(sampler.choose(std::vector<float>{-inf, 1}),
                      ContainsSubstring("id 0 is -inf"));
    CHECK_THROWS_AS(sampler.choose(std::vector<float>{}), SamplerError);
    CHECK(sampler.choose(std::vector<float>{0, -1e30f}) == 0);  // and it goes on
}

TEST_CASE("Extreme but finite logits are drawn from without harm") {
    const float big = std::numeric_limits<float>::max();
    SamplerSettings settings;
    settings.temperature = 1e-300;
    CHECK(Sampler(settings).choose(std::vector<float>{-big, big, 0}) == 1);
    settings.temperature = 1e300;
    CHECK(keys(count(settings, {-big, big, 0}, 500)) == std::vector<TokenId>{0, 1, 2});
    settings.temperature = 1;
    settings.top_p = 0.9;
    settings.min_p = 0.1;
    settings.repeat_penalty = 1e300;
    CHECK(Sampler(settings).choose(std::vector<float>{-big, 1, 0}, std::vector<TokenId>{0, 1}) ==
          2);
}

TEST_CASE("Settings without meaning are refused by name") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto refused = [](auto set, const char* name) {
        SamplerSettings settings;
        set(settings);
        CHECK_THROWS_WITH(Sampler(settings), ContainsSubstring(name));
    };
    refused([](auto& s) { s.temperature = -0.1; }, "temperature");
    refused([&](auto& s) { s.temperature = nan; }, "temperature");
    refused([](auto& s) { s.top_k = -1; }, "top-k");
    refused([](auto& s) { s.top_p = 0; }, "top-p");
    refused([](auto& s) { s.top_p = 1.5; }, "top-p");
    refused([&](auto& s) { s.top_p = nan; }, "top-p");
    refused([](auto& s) { s.min_p = -1; }, "min-p");
    refused([&](auto& s) { s.min_p = nan; }, "min-p");
    refused([](auto& s) { s.repeat_penalty = 0; }, "repeat-penalty");
    refused([](auto& s) { s.repeat_penalty = 1.0 / 0.0; }, "repeat-penalty");
    refused([](auto& s) { s.repeat_last_n = -2; }, "repeat-last-n");
}
