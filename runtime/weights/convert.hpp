// SPDX-License-Identifier: MIT
#pragma once

#include "base/dtype.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

/// Element types into one another. Sources and targets are byte images, little-endian, at any alignment; the loops vectorise.
/// Results do not depend on the processor's flush-to-zero modes, which game engines like to set.
namespace hekla::weights {

/// IEEE 754 binary16 to binary32: exact; NaN keeps its payload.
constexpr float f16_to_f32(std::uint16_t half) {
    // All three cases are computed and one is chosen: that vectorises.
    const std::uint32_t magnitude = half & 0x7fffu;
    const std::uint32_t normal =
        (magnitude << 13) + ((127u - 15u) << 23);  // the exponent's bias grows from 15 to 127
    const std::uint32_t special = magnitude << 13 | 0x7f80'0000u;  // infinity and NaN
    const std::uint32_t subnormal = std::bit_cast<std::uint32_t>(
        static_cast<float>(static_cast<std::int32_t>(magnitude)) * 0x1p-24f);
    const std::uint32_t bits = magnitude < 0x0400u   ? subnormal
                               : magnitude < 0x7c00u ? normal
                                                     : special;
    return std::bit_cast<float>(bits | static_cast<std::uint32_t>(half & 0x8000u) << 16);
}

/// binary32 to binary16, to nearest, ties to even; overflow to infinity; NaN stays NaN (made quiet).
constexpr std::uint16_t f32_to_f16(float value) {
    const std::uint32_t all_bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t magnitude = all_bits & 0x7fff'ffffu;
    // Rebias, then round away the low 13 bits; a carry runs into the exponent, as it should, up to infinity.
    const std::uint32_t rebiased = magnitude - ((127u - 15u) << 23);
    const std::uint32_t normal = (rebiased + 0xfffu + ((rebiased >> 13) & 1u)) >> 13;
    // 0.5 has steps of 2^-24, so adding it rounds to them.
    const std::uint32_t subnormal =
        std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) -
        std::bit_cast<std::uint32_t>(0.5f);
    const std::uint32_t nan = 0x7e00u | ((magnitude >> 13) & 0x1ffu);
    const std::uint32_t finite = magnitude < 0x3880'0000u ? subnormal : normal;  // 2^-14
    const std::uint32_t special = magnitude > 0x7f80'0000u ? nan : 0x7c00u;
    const std::uint32_t half = magnitude < 0x4780'0000u ? finite : special;  // 65536
    return static_cast<std::uint16_t>(half | ((all_bits >> 16) & 0x8000u));
}

/// bfloat16 is the upper half of binary32.
constexpr float bf16_to_f32(std::uint16_t value) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

/// To nearest, ties to even; overflow to infinity; NaN stays NaN (made quiet).
constexpr std::uint16_t f32_to_bf16(float value) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
    std::uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    if ((bits & 0x7fff'ffffu) > 0x7f80'0000u) rounded = (bits >> 16) | 0x40u;
    return static_cast<std::uint16_t>(rounded);
}

/// Whether convert() can make `to` out of `from`.
bool can_convert(DType from, DType to);

/// Converts every element of `source` into `target`, which must hold as many and may not overlap it.
///
/// A plain type to itself; quantised types to f32 (whole blocks; the target aligned); floating types among one another (through f32, but f64 exactly; to nearest, ties to even); whole numbers and bool to
/// f32 (nearest) and to bool (not zero); whole numbers and bool to i32, i64 and u32.
/// Returns the position of the first element that the target type cannot hold (whole numbers only), or nothing when all fitted. Elements
/// that do not fit are written wrapped. Throws Error(internal) for a pair can_convert() denies or sizes that do not match.
std::optional<std::size_t> convert(DType from, std::span<const std::byte> source, DType to,
                                   std::span<std::byte> target);

/// convert() to f32, from any type. 1 for every bool that is not 0.
void convert_to_f32(DType from, std::span<const std::byte> source, std::span<float> target);

}  // namespace hekla::weights
