// SPDX-License-Identifier: MIT
#pragma once

#include "base/dtype.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

/// Packed matrices: how weights of linear layers lie on a device, so that neighbouring invocations, which work on neighbouring rows, read
/// neighbouring words.
///
/// Rows stand in groups of eight, the last group filled up with zeros. A row is a run of 32-bit words; word i of row r is word
/// (r / 8 * row_words + i) * 8 + r % 8 of the matrix. The words of a row:
///   f32          one element each, filled up with zeros to a multiple of 16 elements
///   f16, bf16    two each, the first in the low half, filled up likewise
///   quantised    its blocks, each of whole words. A lone f16 in front of a block (q4_0, q5_0, q8_0) has a word to itself; otherwise
///                bytes follow one another as in the file, and the last word is filled up with zeros.
namespace hekla::weights {

constexpr std::uint32_t packed_rows = 8;

struct PackedMatrix {
    DType type = DType::f32;  ///< f32, f16, bf16 or quantised
    std::int64_t rows = 0, columns = 0;

    std::uint64_t row_words() const;
    std::uint64_t groups() const;
    /// Of one group of rows, and of all.
    std::uint64_t group_bytes() const { return row_words() * packed_rows * 4; }
    std::uint64_t size_bytes() const { return groups() * group_bytes(); }
};

/// Writes words [first, first + out.size() / 8) of each row of a group. `source`: the matrix as the file has it, [rows, columns], or
/// [columns, rows] if `transposed` (plain types only). `group` counts within `source`.
void pack(const PackedMatrix& matrix, std::span<const std::byte> source, bool transposed,
          std::uint64_t group, std::uint64_t first, std::span<std::uint32_t> out);

}  // namespace hekla::weights
