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
        : matrix_(matrix),
          source_(source),
          transposed_(transposed),
          quantised_(is_quantised(matrix.type)),
          block_(block_of(matrix.type)),
          block_words_(block_words(matrix.type)),
          row_bytes_(static_cast<std::uint64_t>(matrix.columns) / block_.elements * block_.bytes) {}

    const std::byte* begin(std::uint64_t row) const { return source_.data() + row * row_bytes_; }

    /// How many words of a row are bytes of the file as they are, from the row's first on.
    std::uint64_t words_as_in_file() const {
        if (transposed_ || (quantised_ && block_words_ * 4 != block_.bytes)) return 0;
        return row_bytes_ / 4;
    }

    std::uint32_t word(std::uint64_t row, std::uint64_t i) const {
        if (row >= static_cast<std::uint64_t>(matrix_.rows)) return 0;
        if (quantised_)
            return block_word(matrix_.type, begin(row) + i / block_words_ * block_.bytes,
                              static_cast<std::uint32_t>(i % block_words_));
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
    bool transposed_, quantised_;
    Block block_;
    std::uint32_t block_words_;
    std::uint64_t row_bytes_;  // in the file, where it is not transposed
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
    const std::uint64_t count = out.size() / packed_rows, row = group * packed_rows;
    // Most words of most matrices; the order of writing suits memory that the processor does not cache.
    std::uint64_t i = 0;
    if (row + packed_rows <= rows) {
        const std::byte* at[packed_rows];
        for (std::uint64_t r = 0; r < packed_rows; ++r) at[r] = from.begin(row + r) + first * 4;
        for (; i < count && first + i < from.words_as_in_file(); ++i)
            for (std::uint64_t r = 0; r < packed_rows; ++r)
                std::memcpy(&out[i * packed_rows + r], at[r] + i * 4, 4);
    }
    for (; i < count; ++i)
        for (std::uint64_t r = 0; r < packed_rows; ++r)
            out[i * packed_rows + r] = from.word(row + r, first + i);
}

}  // namespace hekla::weights
