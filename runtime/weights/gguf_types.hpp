// SPDX-License-Identifier: MIT
#pragma once

#include "base/dtype.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

/// The type numbers of GGUF files.
namespace hekla::weights {

/// Types of metadata values.
enum class GgufValueType : std::uint32_t {
    u8,
    i8,
    u16,
    i16,
    u32,
    i32,
    f32,
    boolean,
    string,
    array,
    u64,
    i64,
    f64
};

/// Bytes of a value of fixed size; 0 for strings, arrays and unknown types.
std::size_t gguf_value_bytes(std::uint32_t type);

/// The element type of a tensor, of those Hekla reads.
std::optional<DType> find_gguf_dtype(std::uint32_t type);

/// The number of an element type; nothing for those that GGUF files do not have.
std::optional<std::uint32_t> find_gguf_type(DType type);

/// The name of a tensor type that Hekla knows of but does not read, such as "Q2_K"; empty for numbers that are none, or were taken back.
std::string_view foreign_gguf_type(std::uint32_t type);

}  // namespace hekla::weights
