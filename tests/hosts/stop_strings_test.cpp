// SPDX-License-Identifier: MIT
#include "stop_strings.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "random.hpp"

using namespace hekla::text;

namespace {

/// The text up to the stop string that ends first (of those the one that starts first), seen all at
/// once.
std::string truth(const std::string& text, const std::vector<std::string>& stops, bool& stopped) {
    for (std::size_t end = 0; end <= text.size(); ++end) {
        std::size_t longest = 0;
        for (const std::string& stop : stops) {
            if (!stop.empty() && text.substr(0, end).ends_with(stop))
                longest = std::max(longest, stop.size());
        }
        if (longest > 0) {
            stopped = true;
            return text.substr(0, end - longest);
        }
    }
    stopped = false;
    return text;
}

}  // namespace

TEST_CASE("A stop string is found over the borders of tokens") {
    StopStrings stop({"\n\nUser:"});
    CHECK(stop.push("Hello.\n") == "Hello.");
    CHECK(stop.push("\nUs") == "");
    CHECK(stop.push("er").empty());
    CHECK_FALSE(stop.stopped());
    CHECK(stop.push(": more").empty());
    CHECK(stop.stopped());
    CHECK(stop.push("more").empty());
    CHECK(stop.finish().empty());
}

TEST_CASE("What only began like a stop string comes out after all") {
    StopStrings stop({"aab"});
    CHECK(stop.push("xa") == "x");
    CHECK(stop.push("a").empty());
    CHECK(stop.push("a") == "a");  // "aaa": the last two may still become "aab"
    CHECK(stop.push("c") == "aac");
    CHECK(stop.push("aa").empty());
    CHECK(stop.finish() == "aa");
    CHECK_FALSE(stop.stopped());
}

TEST_CASE("No stop strings, or empty ones, hold nothing back") {
    StopStrings none({});
    CHECK(none.push("abc") == "abc");
    StopStrings empty({"", ""});
    CHECK(empty.push("abc") == "abc");
    CHECK_FALSE(empty.stopped());
}

TEST_CASE("The stop string that is complete first ends the text") {
    StopStrings stop({"bcd", "c", "abc"});
    CHECK(stop.push("xabcd") == "x");  // "c" and "abc" end at the same place: the longer one
    CHECK(stop.stopped());
}

TEST_CASE("However the text is cut, the result is the same") {
    hekla::host::Random random(5);
    const auto letters = [&](std::uint32_t most) {
        std::string s;
        for (std::uint32_t n = random.next() % (most + 1); n > 0; --n) s += "ab"[random.next() % 2];
        return s;
    };
    for (int i = 0; i < 4000; ++i) {
        const std::vector<std::string> stops{letters(5), letters(3), letters(4)};
        const std::string text = letters(24);
        StopStrings stop(stops);
        std::string shown;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t n = 1 + random.next() % 4;
            shown += stop.push(text.substr(at, n));
            at += n;
        }
        bool stopped = false;
        const std::string whole = truth(text, stops, stopped);
        CAPTURE(text, stops);
        CHECK(stop.stopped() == stopped);
        CHECK(shown + stop.finish() == whole);
    }
}
