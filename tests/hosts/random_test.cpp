// SPDX-License-Identifier: MIT
#include "random.hpp"

#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>
#include <vector>

using namespace hekla::host;
using Catch::Matchers::WithinAbs;

TEST_CASE("PCG32 gives the numbers of its paper's reference program") {
    Random random(42, 54);
    const std::uint32_t truth[] = {0xa15c02b7, 0x7b47f409, 0xba1d3330,
                                   0x83d2f293, 0xbfa4784b, 0xcbed606e};
    for (const std::uint32_t t : truth) CHECK(random.next() == t);
}

TEST_CASE("A fraction is made of two numbers and lies in [0, 1)") {
    Random random(42, 54);
    // (0xa15c02b7 * 2^21 + (0x7b47f409 >> 11)) / 2^53
    const std::uint64_t bits = (std::uint64_t{0xa15c02b7} << 21) | (0x7b47f409u >> 11);
    CHECK(random.fraction() == static_cast<double>(bits) / 9007199254740992.0);
    double sum = 0;
    for (int i = 0; i < 20'000; ++i) {
        const double f = random.fraction();
        REQUIRE((f >= 0 && f < 1));
        sum += f;
    }
    CHECK_THAT(sum / 20'000, WithinAbs(0.5, 0.01));  // five standard errors (0.289 / 141)
}

TEST_CASE("Normal numbers have the moments of a normal distribution") {
    Random random(7);
    constexpr int count = 200'000;
    double sum = 0, squares = 0, fourths = 0;
    int within_one = 0;
    for (int i = 0; i < count; ++i) {
        const double x = random.normal();
        sum += x;
        squares += x * x;
        fourths += x * x * x * x;
        within_one += std::abs(x) < 1;
    }
    // Five standard errors each: sqrt(1/n), sqrt(2/n), sqrt(96/n), sqrt(p(1-p)/n).
    CHECK_THAT(sum / count, WithinAbs(0, 0.0112));
    CHECK_THAT(squares / count, WithinAbs(1, 0.0158));
    CHECK_THAT(fourths / count, WithinAbs(3, 0.11));
    CHECK_THAT(static_cast<double>(within_one) / count, WithinAbs(0.682689, 0.0052));
}

TEST_CASE("Normal numbers are those of the polar method, to the last bit") {
    // The same method with the standard library's logarithm, which may err in its last bit.
    Random random(123, 4), fractions(123, 4);
    for (int pair = 0; pair < 1000; ++pair) {
        double u, v, r;
        do {
            u = 2 * fractions.fraction() - 1;
            v = 2 * fractions.fraction() - 1;
            r = u * u + v * v;
        } while (r >= 1 || r == 0);
        const double scale = std::sqrt(-2 * std::log(r) / r);
        CHECK_THAT(random.normal(), WithinAbs(u * scale, 4e-15));
        CHECK_THAT(random.normal(), WithinAbs(v * scale, 4e-15));
    }
}

TEST_CASE("Streams of one seed differ, and each repeats itself") {
    std::vector<float> a(64), b(64), c(64);
    Random(3, 0).fill_normal(a);
    Random(3, 1).fill_normal(b);
    Random(3, 0).fill_normal(c);
    CHECK(a == c);
    CHECK(a != b);
}
