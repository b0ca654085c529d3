// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hekla {

/// Element types, of tensors in graphs and of tensors stored in files.
/// `floating` is the graph language's `float`: the precision policy's type; it is resolved before planning.
enum class DType : std::uint8_t {
    floating,
    f32,
    f16,
    bf16,
    f64,
    i8,
    u8,
    i16,
    u16,
    i32,
    u32,
    i64,
    u64,
    boolean,
};

/// The name that graph files and messages use: "float", "f32", "bool" ...
std::string_view name_of(DType type);

/// The type a graph file calls `name`, or nothing.
std::optional<DType> find_dtype(std::string_view name);

/// Bytes of one element in a file (safetensors layout: bool is one byte); 0 for `floating`.
std::size_t size_bytes(DType type);

/// True for float, f64, f32, f16, bf16.
bool is_floating(DType type);

}  // namespace hekla
