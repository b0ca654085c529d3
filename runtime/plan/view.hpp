// SPDX-License-Identifier: MIT
#pragma once

#include "plan/plan.hpp"

#include <optional>
#include <span>
#include <vector>

/// Strided views: what reshape, permute and slice do to offset, sizes and strides. Sizes may use carried dims.
namespace hekla::plan {

using Dims = std::vector<graph::Dim>;

/// Row-major strides.
Dims contiguous_strides(const Dims& sizes);
/// Row-major for its sizes, where axes of size 1 may have any stride.
bool is_contiguous(const View& view);
graph::Dim element_count(const Dims& sizes);

/// The same memory under other sizes, or nothing if strides cannot express it.
std::optional<View> reshape(const View& view, const Dims& sizes);
View permute(const View& view, std::span<const std::int64_t> axes);
View slice(const View& view, std::size_t axis, const graph::Dim& start, const graph::Dim& count);
/// Axes of size 1, and missing leading axes, repeated to `sizes`.
View broadcast(const View& view, const Dims& sizes);

/// Merges neighbouring axes [first, last) of several views at once where every one allows it; `sizes` is their common shape.
/// Axes of size 1 are dropped. Leaves at least one axis.
void merge_axes(Dims& sizes, std::vector<Dims*> strides, std::size_t first, std::size_t last);

}  // namespace hekla::plan
