// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>

/// Arithmetic on sizes that files declare: nothing instead of a wrapped result.
namespace hekla {

/// a + b.
template <std::unsigned_integral T>
constexpr std::optional<T> checked_add(T a, T b) {
    if (a > std::numeric_limits<T>::max() - b) return std::nullopt;
    return static_cast<T>(a + b);
}

/// a * b.
template <std::unsigned_integral T>
constexpr std::optional<T> checked_mul(T a, T b) {
    if (b != 0 && a > std::numeric_limits<T>::max() / b) return std::nullopt;
    return static_cast<T>(a * b);
}

/// `value` rounded up to a multiple of `alignment`, which need not be a power of two. Nothing for an alignment of 0.
template <std::unsigned_integral T>
constexpr std::optional<T> checked_align(T value, T alignment) {
    if (alignment == 0) return std::nullopt;
    const T over = static_cast<T>(value % alignment);
    if (over == 0) return value;
    return checked_add(value, static_cast<T>(alignment - over));
}

/// Whether `size` elements from `offset` on lie within `total`.
constexpr bool range_within(std::uint64_t offset, std::uint64_t size, std::uint64_t total) {
    return offset <= total && size <= total - offset;
}

}  // namespace hekla
