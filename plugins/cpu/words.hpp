// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace hekla::cpu {

/// A bound tensor as the parameter block tells it. `binding` counts from 0 (GLSL's binding 1).
struct Tensor {
    const char* name;
    std::uint32_t binding;
    std::uint32_t offset;  ///< in elements; raw weights: in 32-bit words
};

/// The same with strides, in elements, the last axis last.
template <std::size_t rank>
struct Strided {
    Tensor tensor;
    std::array<std::uint32_t, rank> strides;
};

/// What one word of a parameter block is called, as op entries spell it.
struct WordName {
    std::string name;
    bool is_float;
};

/// The words a kernel reads and the tensors it binds, in order.
struct BlockLayout {
    std::vector<WordName> words;
    std::vector<std::string> tensors;
};

/// Reads a parameter block from its first word on, each word under its name: `grid_x`, then per bound tensor its offset and
/// strides, then the op's params (shaders/README.md, "What a kernel gets"). Made from a layout it reads zeros and writes the names
/// down instead, so that what a kernel says it reads is what it reads.
class Words {
  public:
    explicit Words(const std::byte* block) : at_(block) { integer("grid_x"); }
    explicit Words(BlockLayout& layout) : layout_(&layout) { integer("grid_x"); }

    std::uint32_t integer(const char* name) { return next(name, false); }
    float real(const char* name) { return std::bit_cast<float>(next(name, true)); }
    bool flag(const char* name) { return integer(name) != 0; }

    /// The next bound tensor, contiguous.
    Tensor tensor(const char* name) {
        if (layout_ != nullptr) layout_->tensors.emplace_back(name);
        return {name, tensors_++, next(name, false, "_offset")};
    }

    /// The next bound tensor, with `rank` strides.
    template <std::size_t rank>
    Strided<rank> strided(const char* name) {
        static constexpr const char* suffixes[] = {"_s0", "_s1", "_s2", "_s3"};
        static_assert(rank <= std::size(suffixes));
        Strided<rank> result{tensor(name), {}};
        for (std::size_t axis = 0; axis < rank; ++axis) {
            result.strides[axis] = next(name, false, suffixes[axis]);
        }
        return result;
    }

  private:
    std::uint32_t next(const char* name, bool is_float, const char* suffix = "") {
        if (layout_ != nullptr) {
            layout_->words.push_back({std::string(name) + suffix, is_float});
            return 0;
        }
        std::uint32_t word;
        std::memcpy(&word, at_, sizeof word);
        at_ += sizeof word;
        return word;
    }

    const std::byte* at_ = nullptr;
    BlockLayout* layout_ = nullptr;
    std::uint32_t tensors_ = 0;
};

}  // namespace hekla::cpu
