// SPDX-License-Identifier: MIT
#include "execute/weight_image.hpp"

#include "base/error.hpp"
#include "weights/convert.hpp"
#include "weights/quantised.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

namespace hekla::execute {
namespace {

/// Uniform numbers from a counter (SplitMix64, Steele et al. 2014), so that any stretch can be made on its own.
float uniform(std::uint64_t counter) {
    std::uint64_t z = (counter + 1) * 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    z ^= z >> 31;
    return static_cast<float>(z >> 40) * 0x1p-23f - 1.0f;
}

}  // namespace

std::uint64_t element_count(const graph::Weight& weight) {
    std::uint64_t count = 1;
    for (const std::int64_t size : weight.shape)
        if (size <= 0 || __builtin_mul_overflow(count, static_cast<std::uint64_t>(size), &count))
            throw Error(ErrorCode::limit, "weight `" + weight.name + "` has an axis of size " +
                                              std::to_string(size) + ", or is too large");
    return count;
}

WeightImage::WeightImage(const graph::Weight& weight, std::uint32_t number,
                         const plan::WeightForm& form, const weights::Checkpoint* checkpoint,
                         const weights::Tensor* tensor)
    : weight_(weight),
      number_(number),
      form_(form),
      count_(element_count(weight)),
      tensor_(tensor) {
    if (tensor_ == nullptr) return;
    source_ = checkpoint->bytes(*tensor_);
    if (const auto block = weights::find_unusable_block(tensor_->dtype, source_))
        throw Error(ErrorCode::invalid_file,
                    "weight `" + weight_.name + "`: the scale of block " + std::to_string(*block) +
                        " is not finite; the file is damaged, download it again");
}

void WeightImage::fill(std::uint64_t first, std::span<std::byte> out) const {
    form_.packed ? fill_packed(first, out) : fill_rows(first, out);
}

void WeightImage::fill_rows(std::uint64_t first, std::span<std::byte> out) const {
    const std::uint64_t size = size_bytes(form_.type), from = first / size;
    const std::uint64_t elements = std::min(out.size() / size, count_ - from);
    const std::span<std::byte> target = out.first(elements * size);
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(target.size()), out.end(), std::byte{0});
    if (tensor_ == nullptr) return fill_random(from, target);
    const Block block = block_of(tensor_->dtype);
    const auto piece = source_.subspan(from / block.elements * block.bytes,
                                       elements / block.elements * block.bytes);
    if (const auto bad = weights::convert(tensor_->dtype, piece, form_.type, target))
        throw Error(ErrorCode::invalid_file, "weight `" + weight_.name + "`: element " +
                                                 std::to_string(from + *bad) +
                                                 " does not fit 32 bits");
}

void WeightImage::fill_packed(std::uint64_t first, std::span<std::byte> out) const {
    weights::PackedMatrix matrix = packed_matrix(form_, weight_.shape);
    std::vector<std::byte> random;
    while (!out.empty()) {
        const std::uint64_t group = first / matrix.group_bytes(), at = first % matrix.group_bytes();
        const std::uint64_t bytes = std::min<std::uint64_t>(matrix.group_bytes() - at, out.size());
        const std::span words{reinterpret_cast<std::uint32_t*>(out.data()), bytes / 4};
        const std::uint64_t word = at / 4 / weights::packed_rows;
        if (tensor_ != nullptr) {
            weights::pack(matrix, source_, form_.transposed, group, word, words);
        } else {
            weights::PackedMatrix rows = matrix;
            const auto before = static_cast<std::int64_t>(group * weights::packed_rows);
            rows.rows = std::min<std::int64_t>(matrix.rows - before, weights::packed_rows);
            random.resize(static_cast<std::size_t>(rows.rows * rows.columns) *
                          size_bytes(form_.type));
            fill_random(static_cast<std::uint64_t>(before * rows.columns), random);
            weights::pack(rows, random, false, 0, word, words);
        }
        out = out.subspan(bytes);
        first += bytes;
    }
}

/// Matrices scaled by fan-in; vectors near 1 (norm weights).
void WeightImage::fill_random(std::uint64_t first_element, std::span<std::byte> out) const {
    const std::uint64_t count = out.size() / size_bytes(form_.type);
    const bool vector = weight_.shape.size() < 2;
    const std::int64_t fan_in =
        vector ? 1 : static_cast<std::int64_t>(count_) / weight_.shape[form_.transposed ? 1 : 0];
    const float scale = vector ? 0.1f : std::sqrt(3.0f / static_cast<float>(fan_in));
    for (std::uint64_t i = 0; i < count; ++i) {
        const float value = (vector ? 1.0f : 0.0f) +
                            scale * uniform((std::uint64_t{number_} << 40) + first_element + i);
        if (form_.type == DType::f16) {
            const std::uint16_t half = weights::f32_to_f16(value);
            std::memcpy(out.data() + i * 2, &half, 2);
        } else {
            std::memcpy(out.data() + i * 4, &value, 4);
        }
    }
}

}  // namespace hekla::execute
