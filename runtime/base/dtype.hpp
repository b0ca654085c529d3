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
    // Quantised: real numbers in blocks, as GGUF files store them. Of weights only.
    q4_0,
    q4_1,
    q5_0,
    q5_1,
    q8_0,
    q4_k,
    q5_k,
    q6_k,
};

/// The name that graph files and messages use: "float", "f32", "bool" ...
std::string_view name_of(DType type);

/// The type a graph file calls `name`, or nothing.
std::optional<DType> find_dtype(std::string_view name);

/// Bytes of one element in a file (safetensors layout: bool is one byte); 0 for `floating` and for quantised types.
std::size_t size_bytes(DType type);

/// How a file stores elements: so many together, in so many bytes. One element, for all but quantised types.
struct Block {
    std::uint32_t elements;
    std::uint32_t bytes;
};
Block block_of(DType type);

/// True for float, f64, f32, f16, bf16 and quantised types.
bool is_floating(DType type);

bool is_quantised(DType type);

}  // namespace hekla
