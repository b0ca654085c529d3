// SPDX-License-Identifier: MIT
#include "weights/convert.hpp"

#include "base/error.hpp"
#include "error_of.hpp"
#include "weights/checkpoint.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace hekla;
using namespace hekla::weights;

namespace {

/// IEEE 754, table 3.5: sign, 5 bits of exponent, 10 of fraction. NaN for all NaNs.
double value_of_half(std::uint32_t half) {
    const int exponent = static_cast<int>(half >> 10) & 31;
    const int fraction = static_cast<int>(half) & 1023;
    const double sign = (half & 0x8000u) != 0 ? -1.0 : 1.0;
    if (exponent == 31)
        return fraction != 0 ? std::numeric_limits<double>::quiet_NaN()
                             : sign * std::numeric_limits<double>::infinity();
    if (exponent == 0) return sign * std::ldexp(fraction, -24);
    return sign * std::ldexp(1024 + fraction, exponent - 25);
}

bool same_bits(double a, double b) {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

template <typename T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
    return std::as_bytes(std::span(values));
}

}  // namespace

TEST_CASE("every half means what the standard says") {
    std::size_t wrong = 0;
    for (std::uint32_t half = 0; half < 65536; ++half) {
        const double expected = value_of_half(half);
        const float got = f16_to_f32(static_cast<std::uint16_t>(half));
        if (std::isnan(expected)) {
            wrong += !std::isnan(got) ||
                     (std::bit_cast<std::uint32_t>(got) & 0x7fffffu) != (half & 1023u) << 13;
            wrong += std::signbit(got) != ((half & 0x8000u) != 0);
        } else {
            wrong += !same_bits(static_cast<double>(got), expected);
        }
    }
    CHECK(wrong == 0);
}

TEST_CASE("floats round to the nearest half, ties to even") {
    std::size_t wrong = 0;
    for (std::uint32_t sign : {0u, 0x8000u}) {
        for (std::uint32_t half = 0; half < 0x7c00u; ++half) {
            // Between this half and the next: all four corners of the tie. 65504's next would be 65536: beyond the tie, infinity.
            const double here = value_of_half(half);
            const double next = half == 0x7bffu ? 65536.0 : value_of_half(half + 1);
            const auto tie = static_cast<float>((here + next) / 2);  // exact: one bit more
            const float factor = sign != 0 ? -1.0f : 1.0f;
            const auto lower = static_cast<std::uint16_t>(half | sign),
                       upper = static_cast<std::uint16_t>((half + 1) | sign);
            wrong += f32_to_f16(factor * static_cast<float>(here)) != lower;
            wrong += f32_to_f16(factor * std::nextafter(tie, 0.0f)) != lower;
            wrong += f32_to_f16(factor * tie) != (half % 2 == 0 ? lower : upper);
            wrong += f32_to_f16(factor * std::nextafter(tie, 1e30f)) != upper;
        }
    }
    CHECK(wrong == 0);
    CHECK(f32_to_f16(65519.996f) == 0x7bff);
    CHECK(f32_to_f16(65520.0f) == 0x7c00);
    CHECK(f32_to_f16(1e30f) == 0x7c00);
    CHECK(f32_to_f16(-std::numeric_limits<float>::infinity()) == 0xfc00);
    CHECK(f32_to_f16(std::numeric_limits<float>::denorm_min()) == 0);
    CHECK(f32_to_f16(-0.0f) == 0x8000);
    for (const std::uint32_t nan : {0x7f800001u, 0x7fc00000u, 0xffffffffu, 0x7f801fffu}) {
        CAPTURE(nan);
        CHECK(std::isnan(f16_to_f32(f32_to_f16(std::bit_cast<float>(nan)))));
        CHECK((f32_to_f16(std::bit_cast<float>(nan)) & 0x8000u) == (nan >> 16 & 0x8000u));
    }
}

TEST_CASE("bfloat16 is rounded alike") {
    std::size_t wrong = 0;
    for (std::uint32_t upper = 0; upper < 65536; ++upper) {
        const auto brain = static_cast<std::uint16_t>(upper);
        const float value = std::bit_cast<float>(upper << 16);
        wrong += std::bit_cast<std::uint32_t>(bf16_to_f32(brain)) != upper << 16;
        if (std::isnan(value)) {
            wrong += !std::isnan(bf16_to_f32(f32_to_bf16(value)));
            wrong += !std::isnan(bf16_to_f32(f32_to_bf16(std::bit_cast<float>(upper << 16 | 1u))));
            continue;
        }
        wrong += f32_to_bf16(value) != upper;
        if (std::isinf(value)) continue;
        wrong += f32_to_bf16(std::bit_cast<float>(upper << 16 | 0x7fffu)) != upper;
        wrong += f32_to_bf16(std::bit_cast<float>(upper << 16 | 0x8000u)) != upper + (upper & 1u);
        wrong += f32_to_bf16(std::bit_cast<float>(upper << 16 | 0x8001u)) != upper + 1;
    }
    CHECK(wrong == 0);
    CHECK(std::isnan(
        bf16_to_f32(f32_to_bf16(std::bit_cast<float>(0x7f800001u)))));  // not rounded to infinity
}

TEST_CASE("the loops agree with the single conversions, at any alignment") {
    std::mt19937 random(7);
    for (const std::size_t count : {1u, 7u, 8u, 31u, 257u, 4099u}) {
        std::vector<std::byte> raw(count * 2 + 1);
        for (std::byte& byte : raw) byte = static_cast<std::byte>(random());
        const std::span<const std::byte> unaligned = std::span<const std::byte>(raw).subspan(1);
        std::vector<float> f16(count), bf16(count);
        convert_to_f32(DType::f16, unaligned, f16);
        convert_to_f32(DType::bf16, unaligned, bf16);
        std::vector<std::byte> back16(count * 2 + 1), back_brain(count * 2 + 1);
        CHECK(!convert(DType::f32, bytes_of(f16), DType::f16, std::span(back16).subspan(1)));
        CHECK(!convert(DType::f32, bytes_of(bf16), DType::bf16, std::span(back_brain).subspan(1)));
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < count; ++i) {
            std::uint16_t stored, to_half, to_brain;
            std::memcpy(&stored, unaligned.data() + 2 * i, 2);
            std::memcpy(&to_half, back16.data() + 1 + 2 * i, 2);
            std::memcpy(&to_brain, back_brain.data() + 1 + 2 * i, 2);
            wrong += std::bit_cast<std::uint32_t>(f16[i]) !=
                     std::bit_cast<std::uint32_t>(f16_to_f32(stored));
            wrong += std::bit_cast<std::uint32_t>(bf16[i]) != std::uint32_t{stored} << 16;
            wrong += to_half != f32_to_f16(f16[i]);
            wrong += to_brain != f32_to_bf16(bf16[i]);
            if (!std::isnan(f16[i])) wrong += to_half != stored;
            if (!std::isnan(bf16[i])) wrong += to_brain != stored;
        }
        CHECK(wrong == 0);
    }
}

TEST_CASE("conversions reproduce the reference cases of the cast op") {
    const auto cases = Checkpoint::open(HEKLA_TEST_DATA "/reference/ops/cast.safetensors");
    int covered = 0;
    for (int id = 0; id <= 6; ++id) {
        const auto x = cases->find(std::to_string(id) + ".x"),
                   y = cases->find(std::to_string(id) + ".y");
        REQUIRE(x);
        REQUIRE(y);
        const Tensor& from = cases->tensors()[*x];
        const Tensor& to = cases->tensors()[*y];
        if (!can_convert(from.dtype, to.dtype)) continue;
        CAPTURE(id, name_of(from.dtype), name_of(to.dtype));
        std::vector<std::byte> got(to.size_bytes);
        CHECK(!convert(from.dtype, cases->bytes(from), to.dtype, got));
        const std::span<const std::byte> expected = cases->bytes(to);
        CHECK(std::equal(got.begin(), got.end(), expected.begin(), expected.end()));
        ++covered;
    }
    CHECK(covered == 6);  // all but float to int64
}

TEST_CASE("whole numbers are checked against the target's range") {
    constexpr std::int64_t top = std::numeric_limits<std::int32_t>::max(),
                           bottom = std::numeric_limits<std::int32_t>::min();
    std::vector<std::int64_t> ids = {0, 1, -1, top, bottom, 130};
    std::vector<std::int32_t> narrow(ids.size());
    const auto target = [&] { return std::as_writable_bytes(std::span(narrow)); };
    CHECK(!convert(DType::i64, bytes_of(ids), DType::i32, target()));
    CHECK(narrow == std::vector<std::int32_t>{0, 1, -1, 2147483647, -2147483647 - 1, 130});
    ids[4] = bottom - 1;
    CHECK(convert(DType::i64, bytes_of(ids), DType::i32, target()) == 4u);
    ids[2] = top + 1;
    CHECK(convert(DType::i64, bytes_of(ids), DType::i32, target()) == 2u);
    CHECK(convert(DType::i64, bytes_of(ids), DType::u32, target()) == 4u);

    const std::vector<std::int32_t> signs = {5, -1};
    std::vector<std::uint32_t> u32(2);
    CHECK(convert(DType::i32, bytes_of(signs), DType::u32,
                  std::as_writable_bytes(std::span(u32))) == 1u);
    const std::vector<std::uint32_t> large = {2147483647u, 2147483648u};
    CHECK(convert(DType::u32, bytes_of(large), DType::i32,
                  std::as_writable_bytes(std::span(u32))) == 1u);
    const std::vector<std::uint64_t> larger = {1ull << 63, 1};
    std::vector<std::int64_t> i64(2);
    CHECK(convert(DType::u64, bytes_of(larger), DType::i64,
                  std::as_writable_bytes(std::span(i64))) == 0u);
    const std::vector<std::int8_t> bytes = {-128, 127};
    CHECK(!convert(DType::i8, bytes_of(bytes), DType::i64, std::as_writable_bytes(std::span(i64))));
    CHECK(i64 == std::vector<std::int64_t>{-128, 127});
}

TEST_CASE("whole numbers to floats, bools to and fro") {
    std::vector<float> floats(3);
    convert_to_f32(DType::i64, bytes_of(std::vector<std::int64_t>{-3, 16777217, (1ll << 40) + 1}),
                   floats);
    CHECK(floats == std::vector<float>{-3.0f, 16777216.0f, 1099511627776.0f});
    convert_to_f32(DType::u8, bytes_of(std::vector<std::uint8_t>{0, 200, 255}), floats);
    CHECK(floats == std::vector<float>{0, 200, 255});
    convert_to_f32(DType::boolean, bytes_of(std::vector<std::uint8_t>{0, 1, 200}), floats);
    CHECK(floats == std::vector<float>{0, 1, 1});
    std::vector<std::uint8_t> bools(3);
    CHECK(!convert(DType::i32, bytes_of(std::vector<std::int32_t>{256, 0, -1}), DType::boolean,
                   std::as_writable_bytes(std::span(bools))));
    CHECK(bools == std::vector<std::uint8_t>{1, 0, 1});
    convert_to_f32(DType::f64, bytes_of(std::vector<double>{0.1, 1e300, -1e-60}), floats);
    CHECK(floats == std::vector<float>{0.1f, std::numeric_limits<float>::infinity(), -0.0f});
    convert_to_f32(DType::f32, bytes_of(std::vector<float>{1, 2, 3}), floats);
    CHECK(floats == std::vector<float>{1, 2, 3});
}

TEST_CASE("what cannot be converted is refused") {
    CHECK(!can_convert(DType::f32, DType::i32));
    CHECK(!can_convert(DType::floating, DType::f32));
    CHECK(!can_convert(DType::i32, DType::f16));
    CHECK(can_convert(DType::f64, DType::bf16));
    CHECK(can_convert(DType::boolean, DType::i32));
    std::vector<float> floats(2);
    CHECK(error_of([&] {
              convert_to_f32(DType::f16, bytes_of(std::vector<std::uint16_t>{1, 2, 3}), floats);
          }).code == ErrorCode::internal);
    CHECK(error_of([&] {
              convert(DType::f32, bytes_of(floats), DType::i32,
                      std::as_writable_bytes(std::span(floats)));
          }).code == ErrorCode::internal);
    CHECK(!convert(DType::f16, {}, DType::f32, {}));
}
