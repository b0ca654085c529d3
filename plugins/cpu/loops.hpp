// SPDX-License-Identifier: MIT
#pragma once

#include "stored.hpp"

#include <cstddef>

/// The inner loops that most of the time goes to, in double precision. They are compiled for the plain instruction set and, on
/// x86-64, for AVX2 with FMA too. Sums run in one order however wide the machine is: eight lanes, lane l takes the terms
/// l, l + 8, ..., then ((0+4)+(2+6)) + ((1+5)+(3+7)). Products of two widened floats are exact, so FMA does not change those.
namespace hekla::cpu {

/// Runs are padded with zeros to a multiple of this.
inline constexpr std::size_t lane_count = 8;

constexpr std::size_t padded(std::size_t count) {
    return (count + lane_count - 1) / lane_count * lane_count;
}

/// to[0, count) = the floats at from, from + step, ...; to[count, padded(count)) = 0.
void widen(const float* from, std::size_t step, std::size_t count, double* to);

/// The same for `count` neighbouring elements of a raw weight, from element `first` on.
void widen(const Stored& from, std::size_t first, std::size_t count, double* to);

/// sums[i] = sum over j of x[j] * rows[i * length + j], for i in [0, count). `length` is a multiple of lane_count;
/// x and rows are aligned to 64 bytes.
void dots(const double* x, const double* rows, std::size_t count, std::size_t length, double* sums);

/// out[j] = sum over i, in order, of weights[i] * rows[i * length + j], for j in [0, length). As above.
void weighted_sum(const double* weights, const double* rows, std::size_t count, std::size_t length,
                  double* out);

}  // namespace hekla::cpu
