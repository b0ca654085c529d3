// SPDX-License-Identifier: MIT
#include "weights/pack.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace hekla::weights {
namespace {

constexpr std::uint64_t row_unit = 16; // elements that rows of plain types are filled up to

std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
    return (value + unit - 1) / unit * unit;
}

/// Blocks that begin with one f16, which gets a word to itself.
bool has_lone_scale(DType type) {
    return type == DType::q4_0 || type == DType::q5_0 || type == DType::q8_0;
}

std::uint32_t block_words(DType type) {
    return (block_of(type).bytes + (has_lone_scale(type) ? 2 : 0) + 3) / 4;
}

std::uint32_t block_word(DType type, const std::byte* block, std::uint32_t i) {
    std::uint32_t word = 0;
    const std::uint32_t bytes = block_of(type).bytes;
    if (has_lone_scale(type)) {
        if (i == 0)
            std::memcpy(&word, block, 2);
        else
            std::memcpy(&word, block + 4 * i - 2, 4);
    } else {
        std::memcpy(&word, block + 4 * i, std::min<std::uint32_t>(bytes - 4 * i, 4));
    }
    return word;
}

class Rows {
  public:
    Rows(const PackedMatrix& matrix, std::span<const std::byte> source, bool transposed)
        : matrix_(matrix), source_(source), transposed_(transposed) {}

    std::uint32_t word(std::uint64_t row, std::uint64_t i) const {
        if (row >= static_cast<std::uint64_t>(matrix_.rows)) return 0;
        if (is_quantised(matrix_.type)) {
            const Block block = block_of(matrix_.type);
            const std::uint32_t words = block_words(matrix_.type);
            const std::uint64_t blocks =
                static_cast<std::uint64_t>(matrix_.columns) / block.elements;
            return block_word(matrix_.type,
                              source_.data() + (row * blocks + i / words) * block.bytes,
                              static_cast<std::uint32_t>(i % words));
        }
        if (matrix_.type == DType::f32) return element<std::uint32_t>(row, i);
        return element<std::uint16_t>(row, 2 * i) |
               static_cast<std::uint32_t>(element<std::uint16_t>(row, 2 * i + 1)) << 16;
    }

  private:
    template <typename T>
    T element(std::uint64_t row, std::uint64_t column) const {
        if (column >= static_cast<std::uint64_t>(matrix_.columns)) return 0;
        const std::uint64_t at = transposed_
                                     ? column * static_cast<std::uint64_t>(matrix_.rows) + row
                                     : row * static_cast<std::uint64_t>(matrix_.columns) + column;
        T value;
        std::memcpy(&value, source_.data() + at * sizeof(T), sizeof(T));
        return value;
    }

    const PackedMatrix& matrix_;
    std::span<const std::byte> source_;
    bool transposed_;
};

}  // namespace

std::uint64_t PackedMatrix::row_words() const {
    const auto elements = static_cast<std::uint64_t>(columns);
    if (is_quantised(type)) return elements / block_of(type).elements * block_words(type);
    return round_up(elements, row_unit) * hekla::size_bytes(type) / 4;
}

std::uint64_t PackedMatrix::groups() const {
    return (static_cast<std::uint64_t>(rows) + packed_rows - 1) / packed_rows;
}

void pack(const PackedMatrix& matrix, std::span<const std::byte> source, bool transposed,
          std::uint64_t group, std::uint64_t first, std::span<std::uint32_t> out) {
    const std::uint64_t rows = static_cast<std::uint64_t>(matrix.rows);
    const std::uint64_t elements = rows * static_cast<std::uint64_t>(matrix.columns);
    const Block block = block_of(matrix.type);
    if (source.size() != elements / block.elements * block.bytes ||
        (transposed && is_quantised(matrix.type)) || out.size() % packed_rows != 0 ||
        first + out.size() / packed_rows > matrix.row_words())
        throw Error(ErrorCode::internal, "a packed matrix of " + std::string(name_of(matrix.type)) +
                                             " whose sizes do not match");
    const Rows from(matrix, source, transposed);
    for (std::uint64_t i = 0; i < out.size() / packed_rows; ++i)
        for (std::uint64_t r = 0; r < packed_rows; ++r)
            out[i * packed_rows + r] = from.word(group * packed_rows + r, first + i);
}

}  // namespace hekla::weights
