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
    const std::uint32_t magnitude = half & 0x7fffu;
    // Normal: the exponent's bias grows from 15 to 127; infinity and NaN take the rest of the way to 255.
    std::uint32_t bits = (magnitude << 13) + ((127u - 15u) << 23);
    if (magnitude >= 0x7c00u) bits += (255u - 127u - 31u + 15u) << 23;
    // Subnormal: m * 2^-24.
    if (magnitude < 0x0400u)
        bits = std::bit_cast<std::uint32_t>(
            static_cast<float>(static_cast<std::int32_t>(magnitude)) * 0x1p-24f);
    return std::bit_cast<float>(bits | static_cast<std::uint32_t>(half & 0x8000u) << 16);
}

/// binary32 to binary16, to nearest, ties to even; overflow to infinity; NaN stays NaN (made quiet).
constexpr std::uint16_t f32_to_f16(float value) {
    const std::uint32_t all_bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t magnitude = all_bits & 0x7fff'ffffu;
    // Normal: rebias, then round away the low 13 bits; a carry runs into the exponent, as it should, up to infinity.
    const std::uint32_t rebiased = magnitude - ((127u - 15u) << 23);
    std::uint32_t half = (rebiased + 0xfffu + ((rebiased >> 13) & 1u)) >> 13;
    // Subnormal: 0.5 has steps of 2^-24, so adding it rounds to them.
    if (magnitude < 0x3880'0000u)
        half = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) -
               std::bit_cast<std::uint32_t>(0.5f);
    if (magnitude >= 0x4780'0000u) half = 0x7c00u;                                // 65536 and more
    if (magnitude > 0x7f80'0000u) half = 0x7e00u | ((magnitude >> 13) & 0x1ffu);  // NaN
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
/// A type to itself; floating types among one another (through f32, but f64 exactly; to nearest, ties to even); whole numbers and bool to
/// f32 (nearest) and to bool (not zero); whole numbers and bool to i32, i64 and u32.
/// Returns the position of the first element that the target type cannot hold (whole numbers only), or nothing when all fitted. Elements
/// that do not fit are written wrapped. Throws Error(internal) for a pair can_convert() denies or sizes that do not match.
std::optional<std::size_t> convert(DType from, std::span<const std::byte> source, DType to,
                                   std::span<std::byte> target);

/// convert() to f32, from any type. 1 for every bool that is not 0.
void convert_to_f32(DType from, std::span<const std::byte> source, std::span<float> target);

}  // namespace hekla::weights
