// SPDX-License-Identifier: MIT
#include "base/reader.hpp"

#include "base/checked.hpp"
#include "error_of.hpp"

#include <array>

#include <catch2/catch_test_macros.hpp>

using namespace hekla;

TEST_CASE("sizes are added, multiplied and aligned without wrapping") {
    constexpr std::uint64_t top = ~std::uint64_t{0};
    CHECK(checked_add<std::uint64_t>(top - 5, 5) == top);
    CHECK(!checked_add<std::uint64_t>(top - 5, 6));
    CHECK(checked_mul<std::uint64_t>(1ull << 32, (1ull << 32) - 1) == top - (1ull << 32) + 1);
    CHECK(!checked_mul<std::uint64_t>(1ull << 32, 1ull << 32));
    CHECK(checked_mul<std::uint64_t>(top, 0) == 0u);
    CHECK(checked_mul<std::uint64_t>(0, top) == 0u);
    CHECK(checked_mul<std::uint8_t>(15, 17) == std::uint8_t{255});
    CHECK(!checked_mul<std::uint8_t>(16, 16));
    CHECK(!checked_add<std::uint8_t>(255, 1));
    CHECK(checked_align<std::uint64_t>(0, 13) == 0u);
    CHECK(checked_align<std::uint64_t>(27, 13) == 39u);
    CHECK(checked_align<std::uint64_t>(26, 13) == 26u);
    CHECK(!checked_align<std::uint64_t>(top - 1, 32));
    CHECK(checked_align<std::uint64_t>(top - 31, 32) == top - 31);
    CHECK(!checked_align<std::uint64_t>(8, 0));
    CHECK(range_within(3, 4, 7));
    CHECK(range_within(7, 0, 7));
    CHECK(!range_within(3, 5, 7));
    CHECK(!range_within(8, 0, 7));
    CHECK(!range_within(1, top, 7));
    CHECK(!range_within(top, 1, 7));
}

TEST_CASE("ByteReader reads little-endian numbers and stops at the end") {
    // Offset by one, so that nothing is aligned.
    const std::array<unsigned char, 20> raw = {0xff, 0x01, 0x34, 0x12, 0x78, 0x56, 0x34,
                                               0x92, 0x00, 0x00, 0x80, 0x3f, 'a',  'b',
                                               'c',  0xff, 0xff, 0xff, 0xff, 0x7f};
    ByteReader reader(std::as_bytes(std::span(raw)).subspan(1), "x.bin", 100);
    CHECK(reader.read<std::uint8_t>("a") == 1);
    CHECK(reader.read<std::uint16_t>("b") == 0x1234);
    CHECK(reader.read<std::int32_t>("c") == static_cast<std::int32_t>(0x92345678u));
    CHECK(reader.read<float>("d") == 1.0f);
    CHECK(reader.text(3, "e") == "abc");
    CHECK(reader.position() == 14);
    CHECK(reader.remaining() == 5);

    const Thrown thrown = error_of([&] { reader.read<std::uint64_t>("the count"); });
    CHECK(thrown.code == ErrorCode::invalid_file);
    CHECK(thrown.text == "x.bin: at byte 114: the count needs 8 bytes, but only 5 follow");
    CHECK(reader.position() == 14);  // a failed read moves nothing
    CHECK(error_of([&] {
              reader.bytes(~std::uint64_t{0}, "the name");
          }).has("needs 18446744073709551615 bytes"));
    CHECK(reader.read<std::uint32_t>("f") == 0xffffffffu);
    CHECK(!reader.at_end());
    CHECK(reader.bytes(1, "g").size() == 1);
    CHECK(reader.at_end());
    CHECK(reader.bytes(0, "h").empty());
}
