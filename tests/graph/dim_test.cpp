// SPDX-License-Identifier: MIT
#include "graph/dim.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <cstdlib>
#include <new>
#include <random>
#include <string>
#include <vector>

namespace {
std::atomic<std::size_t> allocations{0};
}

// Counts every allocation of this program, to show that evaluating makes none.
void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size != 0 ? size : 1)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

using hekla::graph::Dim;
using hekla::graph::DimOverflow;

namespace {

const std::vector<std::string> names{"B", "H", "W", "P", "T"};
const Dim B = Dim::symbol(0);
const Dim H = Dim::symbol(1);
const Dim W = Dim::symbol(2);
const Dim P = Dim::symbol(3);
const Dim T = Dim::symbol(4);

std::string text(const Dim& dim) { return dim.text(names); }

std::int64_t floor_of(std::int64_t a, std::int64_t b) {
    return a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0);
}

}  // namespace

TEST_CASE("equal routes compare equal") {
    CHECK(P + T == T + P);
    CHECK((H + 1) * (H - 1) == H * H - 1);
    CHECK(H - H == Dim(0));
    CHECK((H - H).is_constant());
    CHECK_FALSE(H == W);
    CHECK_FALSE(H == Dim(1));
    CHECK(B * H * W == W * (B * H));
    CHECK_FALSE(H * W == H * H);
}

TEST_CASE("sizes are written as people write them") {
    CHECK(text(P + T) == "P+T");
    CHECK(text(T + P) == "P+T");
    CHECK(text(Dim(320) * B * H * W) == "320*B*H*W");
    CHECK(text(H - 1) == "H-1");
    CHECK(text(Dim(3) - H) == "3-H");
    CHECK(text(Dim(0) - H) == "-H");
    CHECK(text(H * H) == "H*H");
    CHECK(text(Dim(-7)) == "-7");
    CHECK(text(H.floor_div(2)) == "floor(H/2)");
    CHECK(text((H + 1).floor_div(2)) == "floor((H+1)/2)");
    CHECK(text((H * 3).floor_div(2) * W) == "H*W+W*floor(H/2)");
}

TEST_CASE("nested roundings merge") {
    Dim size = H;
    for (int level = 0; level < 3; ++level) size = (size + 1).floor_div(2);
    CHECK(text(size) == "floor((H+7)/8)");
    // a convolution of kernel 3, stride 2, pad 1 says the same in other words
    Dim conv = H;
    for (int level = 0; level < 2; ++level) conv = (conv + 2 - 3).floor_div(2) + 1;
    CHECK(conv == (H + 3).floor_div(4));
    CHECK(text(conv) == "floor((H+3)/4)");
    CHECK((H * 2).floor_div(2) == H);
    CHECK((H * 2 + 1).floor_div(2) == H);
    CHECK((H * 4 + 3).floor_div(8) == H.floor_div(2));
    CHECK((H.floor_div(2) * 2 + 1).floor_div(4) == H.floor_div(4));
}

TEST_CASE("a multiple makes halving exact") {
    const std::vector<std::int64_t> eight{1, 8, 1};
    Dim size = H;
    for (int level = 0; level < 3; ++level) size = (size - 1).floor_div(2, eight) + 1;
    CHECK(text(size) == "H/8");
    CHECK(size * 8 == H);
    CHECK(size + size == H.floor_div(4, eight));
    CHECK(text(size * 3) == "3*H/8");
    const Dim deeper = (size + 1).floor_div(2, eight);
    CHECK(text(deeper) == "floor((H+8)/16)");
    CHECK((H.floor_div(2, eight) + 9).floor_div(8, eight) == (H + 18).floor_div(16, eight));
    // half of what is even has no odd part to round
    const std::vector<std::int64_t> two{1, 2};
    CHECK((H + 3).floor_div(4, two) == (H + 2).floor_div(4, two));

    CHECK(H.exact_div(8, eight).value() == size);
    CHECK_FALSE(H.exact_div(16, eight).has_value());
    CHECK_FALSE(H.exact_div(2).has_value());
    CHECK((H * 6 + 4).exact_div(2).value() == H * 3 + 2);
    CHECK((H * 6 + 4).exact_div(-2).value() == Dim(-2) - H * 3);
    CHECK_FALSE((H * 6 + 3).exact_div(2).has_value());
    CHECK_FALSE(H.exact_div(0).has_value());
}

TEST_CASE("sizes can be worked out anew under other multiples") {
    Dim size = H;
    for (int level = 0; level < 3; ++level) size = (size + 1).floor_div(2);
    const Dim twice = size * 2;
    const Dim quarter = (H + 3).floor_div(4);
    CHECK_FALSE(twice == quarter);
    const std::vector<std::int64_t> four{1, 4};
    CHECK_FALSE(twice.assuming(four) == quarter.assuming(four));
    const std::vector<std::int64_t> eight{1, 8};
    CHECK(twice.assuming(eight) == quarter.assuming(eight));
}

TEST_CASE("normal form and value agree with plain integers") {
    std::mt19937 random(7);
    const auto pick = [&](int low, int high) {
        return std::uniform_int_distribution<int>(low, high)(random);
    };
    for (int round = 0; round < 400; ++round) {
        // H is a multiple of `multiple`; the same steps are done on sizes and on numbers
        const std::int64_t multiple = std::vector<std::int64_t>{1, 2, 3, 4, 6, 8}[static_cast<std::size_t>(pick(0, 5))];
        const std::vector<std::int64_t> multiples{1, multiple, 1, 1, 1};
        std::vector<std::vector<std::int64_t>> points;
        for (int i = 0; i < 6; ++i) {
            points.push_back({pick(1, 9), multiple * pick(0, 20), pick(1, 50), pick(0, 30), pick(1, 30)});
        }
        Dim size = H;
        std::vector<std::int64_t> numbers;
        for (const auto& point : points) numbers.push_back(point[1]);
        for (int step = 0; step < 7; ++step) {
            const int what = pick(0, 4);
            const std::int64_t number = pick(1, 12);
            if (what == 0) {
                size = size + number - 5;
            } else if (what == 1) {
                size = size * number;
            } else if (what == 2) {
                size = size + W;
            } else {
                size = size.floor_div(number, multiples);
            }
            for (std::size_t i = 0; i < points.size(); ++i) {
                std::int64_t& value = numbers[i];
                if (what == 0) value = value + number - 5;
                if (what == 1) value *= number;
                if (what == 2) value += points[i][2];
                if (what > 2) value = floor_of(value, number);
            }
        }
        const std::vector<bool> some{false, true, false, false, false};
        const std::vector<bool> other{true, false, true, true, true};
        for (std::size_t i = 0; i < points.size(); ++i) {
            INFO(text(size) << " at H=" << points[i][1] << " W=" << points[i][2]);
            REQUIRE(size.evaluate(points[i]) == numbers[i]);
            REQUIRE(size.substitute(points[i], some).evaluate(points[i]) == numbers[i]);
            REQUIRE(size.substitute(points[i], other).evaluate(points[i]) == numbers[i]);
            const Dim all = size.substitute(points[i], some).substitute(points[i], other);
            REQUIRE(all.is_constant());
            REQUIRE(all.constant() == numbers[i]);
        }
    }
}

TEST_CASE("substitution keeps fractions beside rounded parts") {
    const std::vector<std::int64_t> two{1, 2};
    const Dim size = H.floor_div(2, two) * ((W + 1).floor_div(2) + P);
    const std::vector<std::int64_t> point{1, 6, 4, 5, 1};
    CHECK(size.evaluate(point) == 3 * (2 + 5));
    CHECK(size.substitute(point, {false, true}).evaluate(point) == 21);
    CHECK(size.substitute(point, {false, false, true}).evaluate(point) == 21);
}

TEST_CASE("evaluating allocates nothing") {
    const Dim size = (P + T) * B + (H * W + 3).floor_div(4) * ((H + 1).floor_div(2) * W + P).floor_div(3);
    const std::vector<std::int64_t> point{2, 7, 9, 11, 13};
    const std::size_t before = allocations;
    const std::int64_t value = size.evaluate(point);
    CHECK(allocations == before);
    CHECK(value == (11 + 13) * 2 + ((63 + 3) / 4) * ((4 * 9 + 11) / 3));
}

TEST_CASE("overflow and growth are caught") {
    const Dim big = std::int64_t{3000000000};
    CHECK_THROWS_AS(big * Dim(std::int64_t{4000000000}), DimOverflow);
    const Dim huge = big * big * H;
    const std::vector<std::int64_t> point{1, 1000};
    CHECK_THROWS_AS(huge.evaluate(point), DimOverflow);
    CHECK_THROWS_AS(H.evaluate({}), DimOverflow);
    Dim grown = B + H + W + P + T + 1;
    CHECK_THROWS_AS(
        [&] {
            for (int i = 0; i < 64; ++i) grown = grown * grown;
        }(),
        DimOverflow);
    Dim nested = H;
    CHECK_THROWS_AS(
        [&] {
            for (int i = 0; i < 64; ++i) nested = (nested * nested + W).floor_div(7);
        }(),
        DimOverflow);
}

TEST_CASE("a size knows its symbols") {
    const Dim size = (H + 1).floor_div(2) * B;
    CHECK(size.uses(0));
    CHECK(size.uses(1));
    CHECK_FALSE(size.uses(2));
}
