// SPDX-License-Identifier: MIT
#include "latent.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cmath>

using namespace hekla::host;

namespace {

double length(const Latent& latent) {
    double sum = 0;
    for (const float v : latent.values) sum += double{v} * v;
    return std::sqrt(sum);
}

}  // namespace

TEST_CASE("A latent does not depend on the batch it is in") {
    CHECK(random_latent(5, 3, 100).values == random_latent(5, 3, 100).values);
    CHECK(random_latent(5, 3, 100).values != random_latent(5, 4, 100).values);
    CHECK(random_latent(5, 3, 100).values != random_latent(6, 3, 100).values);
    // The beginning of a longer one: the same stream.
    const auto longer = random_latent(5, 3, 200).values;
    CHECK(std::vector<float>(longer.begin(), longer.begin() + 100) ==
          random_latent(5, 3, 100).values);
}

TEST_CASE("The arc between two latents ends at them and keeps its length") {
    Latent a{{3, 0, 0, 0}, 1}, b{{0, 0, 3, 0}, 2};
    CHECK(between(a, b, 0).values == a.values);
    const Latent middle = between(a, b, 0.5);
    CHECK(std::abs(length(middle) - 3) < 1e-6);
    CHECK(std::abs(middle.values[0] - 3 / std::sqrt(2.0)) < 1e-6);
    // A third of a right angle.
    CHECK(std::abs(between(a, b, 1.0 / 3).values[2] - 1.5) < 1e-6);
    CHECK(between(a, b, 0.5).label == 1);
    CHECK(between(a, b, 0.51).label == 2);
}

TEST_CASE("Parallel, opposite and empty latents have a way between them too") {
    const Latent a{{1, 2, 3}}, twice{{2, 4, 6}}, opposite{{-1, -2, -3}}, zero{{0, 0, 0}};
    CHECK(std::abs(between(a, twice, 0.5).values[0] - 1.5f) < 1e-6f);
    for (const Latent& other : {opposite, zero, a})
        for (const float v : between(a, other, 0.3).values) CHECK(std::isfinite(v));
}

TEST_CASE("Ways go from each waypoint to the next, ends included") {
    const std::vector<Latent> waypoints = {random_latent(1, 0, 8), random_latent(1, 1, 8),
                                           random_latent(1, 2, 8)};
    const auto way = interpolated(waypoints, 5);
    REQUIRE(way.size() == 10);
    for (const auto& [at, waypoint] : {std::pair{0, 0}, {4, 1}, {5, 1}, {9, 2}})
        for (std::size_t i = 0; i < 8; ++i)
            CHECK(std::abs(way[static_cast<std::size_t>(at)].values[i] -
                           waypoints[static_cast<std::size_t>(waypoint)].values[i]) < 1e-6f);
    CHECK_THROWS(interpolated(std::span(waypoints).first(1), 5));
    CHECK_THROWS(interpolated(waypoints, 1));
}
