// SPDX-License-Identifier: MIT
#include "plan/arena.hpp"

#include <catch2/catch_test_macros.hpp>

#include <random>

using namespace hekla::plan;

namespace {

void require_sound(const std::vector<ArenaRequest>& requests, const ArenaResult& result,
                   std::uint64_t alignment) {
    for (std::size_t i = 0; i < requests.size(); ++i) {
        REQUIRE(requests[i].offset_bytes % alignment == 0);
        REQUIRE(requests[i].offset_bytes + requests[i].size_bytes <= result.total_bytes);
        for (std::size_t j = 0; j < i; ++j) {
            const bool together =
                requests[i].first <= requests[j].last && requests[j].first <= requests[i].last;
            const bool overlap =
                requests[i].offset_bytes < requests[j].offset_bytes + requests[j].size_bytes &&
                requests[j].offset_bytes < requests[i].offset_bytes + requests[i].size_bytes;
            REQUIRE_FALSE((together && overlap));
        }
    }
    REQUIRE(result.live_bytes <= result.total_bytes);
    REQUIRE(result.total_bytes <= result.sum_bytes);
}

}  // namespace

TEST_CASE("a chain needs two neighbours at a time") {
    std::vector<ArenaRequest> chain;
    for (std::uint32_t i = 0; i < 7; ++i) chain.push_back({100, i, i + 1, 0});
    const ArenaResult result = plan_arena(chain, 16);
    CHECK(result.sum_bytes == 7 * 112);
    CHECK(result.live_bytes == 2 * 112);
    CHECK(result.total_bytes == 2 * 112);
    require_sound(chain, result, 16);
}

TEST_CASE("nothing to place takes nothing") {
    std::vector<ArenaRequest> none;
    CHECK(plan_arena(none, 256).total_bytes == 0);
}

TEST_CASE("random lifetimes never overlap, and the total stays near the live set") {
    std::mt19937 random(7);
    for (int turn = 0; turn < 60; ++turn) {
        std::vector<ArenaRequest> requests;
        for (int i = 0; i < 70; ++i) {
            const auto first = static_cast<std::uint32_t>(random() % 90);
            requests.push_back(
                {1 + random() % 5000, first, first + static_cast<std::uint32_t>(random() % 9), 0});
        }
        const ArenaResult result = plan_arena(requests, 256);
        require_sound(requests, result, 256);
        CHECK(static_cast<double>(result.total_bytes) <=
              1.5 * static_cast<double>(result.live_bytes));
    }
}
