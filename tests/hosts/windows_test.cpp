// SPDX-License-Identifier: MIT
#include "windows.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cmath>

using namespace hekla::image;

TEST_CASE("Windows cover a length once, far enough from their cuts") {
    for (const bool blend : {false, true})
        for (const std::int64_t length : {1, 31, 32, 33, 64, 97, 200, 1000})
            for (const std::int64_t size : {21, 32, 47, 96})
                for (const std::int64_t overlap : {0, 1, 5, 10}) {
                    const auto windows = windows_over(length, size, overlap, blend);
                    REQUIRE(windows.front().start == 0);
                    REQUIRE(windows.back().start + windows.back().size == length);
                    for (std::size_t i = 0; i < windows.size(); ++i) {
                        const Window& w = windows[i];
                        REQUIRE(w.size == (windows.size() == 1 ? length : size));
                        REQUIRE(w.first() >= w.start);
                        REQUIRE(w.last() <= w.start + w.size);
                        if (i > 0) REQUIRE(w.from - w.start >= overlap);
                        if (i + 1 < windows.size()) REQUIRE(w.start + w.size - w.to >= overlap);
                    }
                    // At an enlargement of 4 and of 1, every pixel's shares add up to 1.
                    for (const std::int64_t scale : {1, 4})
                        for (std::int64_t x = 0; x < length * scale; ++x) {
                            double sum = 0;
                            for (const Window& w : windows)
                                if (x >= w.first() * scale && x < w.last() * scale)
                                    sum += w.weight((static_cast<double>(x) + 0.5) /
                                                    static_cast<double>(scale));
                            REQUIRE(std::abs(sum - 1) < 1e-6);
                        }
                }
}

TEST_CASE("Windows start at multiples of what the model needs") {
    for (const Window& w : windows_over(4 * 99, 4 * 13, 4 * 3, false)) CHECK(w.start % 4 == 0);
}

TEST_CASE("Windows that are all overlap are refused") {
    CHECK_THROWS(windows_over(100, 20, 10, false));
    CHECK_NOTHROW(windows_over(20, 20, 10, false));
}
