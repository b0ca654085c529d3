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

/// IEEE 754 binary16 to binary32, exact, NaNs and infinities kept. Without branches and without subnormal arithmetic, so that
/// loops over it are vectorised and a host that flushes subnormals changes nothing.
[[gnu::always_inline]] inline float from_f16(std::uint16_t half) {
    const std::uint32_t magnitude = half & 0x7fffu;
    const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
    // Exponent bias 15 becomes 127; all ones become all ones.
    const std::uint32_t rebias = magnitude >= 0x7c00u ? 224u << 23 : 112u << 23;
    const std::uint32_t normal = (magnitude << 13) + rebias;
    const float tiny = static_cast<float>(static_cast<std::int32_t>(magnitude)) * 0x1p-24f;
    const std::uint32_t bits = magnitude < 0x0400u ? std::bit_cast<std::uint32_t>(tiny) : normal;
    return std::bit_cast<float>(bits | sign);
}

/// bfloat16 is the upper half of a binary32.
[[gnu::always_inline]] inline float from_bf16(std::uint16_t upper) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(upper) << 16);
}

}  // namespace hekla::cpu
