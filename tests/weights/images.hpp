// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// Files in the making, by hand, so that they can be wrong in any way.
inline std::string little_endian(std::uint64_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
    return text;
}

/// A safetensors file of a header and so many bytes of data.
inline std::string image_of(std::string_view header, std::size_t data_bytes) {
    return little_endian(header.size(), 8) + std::string(header) + std::string(data_bytes, '\x07');
}

inline std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}
