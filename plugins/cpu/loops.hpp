// SPDX-License-Identifier: MIT
#pragma once

#include "stored.hpp"

#include <cstddef>
#include <span>

/// The inner loops that most of the time goes to, in double precision. They are compiled for the plain instruction set and, on
/// x86-64, for AVX2 with FMA too. Sums run in one order however wide the machine is and however the factors lie: eight lanes,
/// lane l takes the terms l, l + 8, ..., then ((0+4)+(2+6)) + ((1+5)+(3+7)). Products of two widened floats are exact, so that
/// FMA does not change those sums.
namespace hekla::cpu {

/// Runs are padded with zeros to a multiple of this.
inline constexpr std::size_t lane_count = 8;

/// Columns of a panel: see column_dots.
inline constexpr std::size_t panel_columns = 16;

constexpr std::size_t padded(std::size_t count) {
    return (count + lane_count - 1) / lane_count * lane_count;
}

/// to[0, count) = the floats at from, from + step, ...; to[count, padded(count)) = 0.
void widen(const float* from, std::size_t step, std::size_t count, double* to);

/// A block of a raw weight: row i has the `columns` elements from first + i * pitch on; it goes to to + i * to_pitch, with zeros
/// up to to_pitch.
void widen(const Stored& from, std::size_t first, std::size_t pitch, std::size_t rows,
           std::size_t columns, double* to, std::size_t to_pitch);

/// sums[i] = sum over j of x[j] * rows[i * length + j], for i in [0, count). `length` is a multiple of lane_count;
/// x and rows are aligned to 64 bytes.
void dots(const double* x, const double* rows, std::size_t count, std::size_t length, double* sums);

/// sums[c] = sum over j of x[j] * panel[j * panel_columns + c], for j in [0, length) and c in [0, panel_columns). As above.
void column_dots(const double* x, const double* panel, std::size_t length, double* sums);

/// out[j] = sum over i, in order, of weights[i] * rows[i * length + j], for j in [0, length). As above.
void weighted_sum(const double* weights, const double* rows, std::size_t count, std::size_t length,
                  double* out);

/// The loops as compiled for one instruction set; the functions above call the first of loop_variants().
struct LoopVariant {
    const char* name;
    void (*widen)(const Stored& from, std::size_t first, std::size_t pitch, std::size_t rows,
                  std::size_t columns, double* to, std::size_t to_pitch);
    void (*dots)(const double* x, const double* rows, std::size_t count, std::size_t length,
                 double* sums);
    void (*column_dots)(const double* x, const double* panel, std::size_t length, double* sums);
    void (*weighted_sum)(const double* weights, const double* rows, std::size_t count,
                         std::size_t length, double* out);
};

/// Those that this machine can run, the best first.
std::span<const LoopVariant> loop_variants();

}  // namespace hekla::cpu
