// SPDX-License-Identifier: MIT
#pragma once

#include "stored.hpp"
#include "view.hpp"
#include "words.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace hekla::cpu {

/// One bound range of a buffer.
struct Range {
    std::byte* data;
    std::uint64_t size_bytes;
};

/// Working memory of kernels, kept between runs: it only grows, so a program that is replayed allocates nothing.
class Scratch {
  public:
    /// At least `count` doubles at a 64-byte boundary, contents undefined, valid until the next call. Throws Failure(OUT_OF_MEMORY).
    double* take(std::uint64_t count);

  private:
    struct Free {
        void operator()(double* memory) const noexcept;
    };
    std::unique_ptr<double, Free> memory_;
    std::uint64_t capacity_ = 0;
};

/// What one dispatch may touch. Every access is checked here once, from sizes and strides, before the first element is read: a
/// block that reaches beyond its bindings throws Failure(INTERNAL) naming op and tensor.
class Memory {
  public:
    Memory(std::string_view op, std::span<const Range> ranges, Scratch& scratch)
        : op_(op), ranges_(ranges), scratch_(scratch) {}

    template <class T = float>
    const T* input(const Tensor& tensor, std::uint64_t count) const {
        return reinterpret_cast<const T*>(elements(tensor, count));
    }
    template <class T = float>
    T* output(const Tensor& tensor, std::uint64_t count) const {
        return reinterpret_cast<T*>(elements(tensor, count));
    }

    template <class T = float, std::size_t rank>
    View<const T, rank> input(const Strided<rank>& tensor, const Sizes<rank>& sizes) const {
        return view<const T, rank>(tensor, sizes, false);
    }
    /// Refuses strides of 0 as well: several elements would be written to one place.
    template <class T = float, std::size_t rank>
    View<T, rank> output(const Strided<rank>& tensor, const Sizes<rank>& sizes) const {
        return view<T, rank>(tensor, sizes, true);
    }

    /// A raw weight of `count` elements; `type` as the block says it.
    Stored stored(const Tensor& tensor, std::uint32_t type, std::uint64_t count) const;

    double* scratch(std::uint64_t doubles) { return scratch_.take(doubles); }

    /// Throws Failure(INTERNAL): the op's name, then `what`.
    [[noreturn]] void fail(const std::string& what) const;
    /// The first size of four from their product: count = d0 d1 d2 d3.
    Sizes<4> sizes(std::uint32_t count, std::uint32_t d1, std::uint32_t d2, std::uint32_t d3) const;

  private:
    template <class T, std::size_t rank>
    View<T, rank> view(const Strided<rank>& tensor, const Sizes<rank>& sizes, bool written) const {
        static_assert(sizeof(T) == 4);
        View<T, rank> result{};
        result.data = reinterpret_cast<T*>(reach(tensor.tensor, tensor.strides, sizes, written));
        for (std::size_t axis = 0; axis < rank; ++axis) result.strides[axis] = tensor.strides[axis];
        return result;
    }

    std::byte* elements(const Tensor& tensor, std::uint64_t count) const;
    std::byte* reach(const Tensor& tensor, std::span<const std::uint32_t> strides,
                     std::span<const std::uint32_t> sizes, bool written) const;
    [[noreturn]] void outside(const Tensor& tensor) const;

    std::string_view op_;
    std::span<const Range> ranges_;
    Scratch& scratch_;
};

}  // namespace hekla::cpu
