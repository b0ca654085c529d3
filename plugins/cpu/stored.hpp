// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace hekla::cpu {

static_assert(std::endian::native == std::endian::little,
              "weights are read as they lie in the file");

/// Element types of raw weights; the values are those of `stored(weight)` in op entries.
enum class StoredType : std::uint32_t { f32 = 0, f16 = 1, bf16 = 2 };

/// A raw weight: `data` points at its first element.
struct Stored {
    const std::byte* data;
    StoredType type;

    std::size_t element_size() const { return type == StoredType::f32 ? 4 : 2; }
    const std::byte* at(std::size_t element) const { return data + element * element_size(); }
};

/// IEEE 754 binary16 to binary32, exact, NaNs and infinities kept. Without a choice, so that loops over it are vectorised, and
/// without subnormal arithmetic, so that a host that flushes subnormals changes nothing.
[[gnu::always_inline]] inline float from_f16(std::uint16_t half) {
    const std::uint32_t exponent = (half >> 10) & 0x1fu;
    const std::uint32_t fraction = half & 0x3ffu;
    const std::uint32_t normal = (exponent + 31u) >> 5;  // 1 unless the exponent is 0
    const std::uint32_t special = (exponent + 1u) >> 5;  // 1 if it is 31: infinity or NaN
    // (1024 + fraction) 2^(exponent - 25), or fraction 2^-24 below the normal numbers; 127 is the bias of binary32.
    const std::uint32_t whole = fraction + (normal << 10);
    const std::uint32_t scale = (exponent - normal + (127u - 24u)) << 23;
    const float magnitude =
        static_cast<float>(static_cast<std::int32_t>(whole)) * std::bit_cast<float>(scale);
    // Exponent 31 gave the same fraction with a finite exponent.
    const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) | special * 0x7f800000u |
                                sign);
}

/// bfloat16 is the upper half of a binary32.
[[gnu::always_inline]] inline float from_bf16(std::uint16_t upper) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(upper) << 16);
}

}  // namespace hekla::cpu
