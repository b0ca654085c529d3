// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hekla::cpu {

template <std::size_t rank>
using Sizes = std::array<std::uint32_t, rank>;

/// Elements of a bound buffer under strides; every index below the sizes it was made with lies inside the binding.
template <class T, std::size_t rank>
struct View {
    T* data;
    std::array<std::size_t, rank> strides;

    /// Start of the run along the last axis at these leading indices.
    template <class... Index>
    T* row(Index... index) const {
        static_assert(sizeof...(Index) == rank - 1);
        std::size_t axis = 0;
        std::size_t at = 0;
        ((at += static_cast<std::size_t>(index) * strides[axis++]), ...);
        return data + at;
    }

    /// Distance of neighbours along the last axis.
    std::size_t step() const { return strides[rank - 1]; }
};

/// Calls visit(i0, i1, i2) for every combination of leading indices, the last fastest.
template <class Visit>
void for_each_row(const Sizes<4>& sizes, Visit visit) {
    for (std::size_t i0 = 0; i0 < sizes[0]; ++i0) {
        for (std::size_t i1 = 0; i1 < sizes[1]; ++i1) {
            for (std::size_t i2 = 0; i2 < sizes[2]; ++i2) visit(i0, i1, i2);
        }
    }
}

}  // namespace hekla::cpu
