// SPDX-License-Identifier: MIT
#pragma once

#include "base/dtype.hpp"

#include <cstddef>
#include <span>

namespace hekla::weights {

/// Writes `values` as whole blocks of a quantised type (quantised.cpp shows the blocks), each value rounded to the nearest step of its block.
///
/// A block's scale, and minimum where it has one, are searched: from the smallest step that reaches every value, and steps that are up to
/// an eighth shorter (they cut extremes and are finer for the rest) or longer, the one whose sum of squared errors is least, after the
/// scale and minimum that are best for its whole numbers (least squares) have been taken and rounded to what the file can hold. The first
/// candidate is the plain rule, so no block is worse than by it. Types with scales in two levels (q4_k, q5_k, q6_k) search each of a
/// block's parts like that, then share the f16 in front so that the largest part scale is 63 (127) steps.
///
/// Values must be finite. Throws Error(invalid_file) for a block too large for an f16 scale, Error(internal) for types that are not
/// quantised and sizes that are no whole blocks. The same on every machine; any number of threads.
void quantise(DType type, std::span<const float> values, std::span<std::byte> blocks);

}  // namespace hekla::weights
