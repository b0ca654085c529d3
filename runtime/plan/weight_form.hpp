// SPDX-License-Identifier: MIT
#pragma once

#include "base/dtype.hpp"
#include "graph/graph.hpp"
#include "weights/pack.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace hekla::plan {

/// How a weight lies on the device.
struct WeightForm {
    DType type = DType::f32;  ///< f32 or i32; or, where every reader takes it, the file's own
    bool packed = false;      ///< a matrix, all axes but the first being its columns, with its rows in groups of eight (weights/pack.hpp)
    bool transposed = false;  ///< packed: the file has it [columns, rows]

    bool operator==(const WeightForm&) const = default;
    /// Kernels see words as they lie in the file, or packed ones, not f32 or i32.
    bool is_raw() const { return packed || type == DType::f16 || type == DType::bf16; }
};

/// One per Graph::weights, for tensors stored as `file_types` says. Packed where `pack` is set and every reader's entry has `packed:` for it;
/// in half precision where every reader's entry lists the type under `stored:`; quantised where both hold. Else f32; integers i32.
std::vector<WeightForm> weight_forms(const graph::Graph& graph, std::span<const DType> file_types,
                                     bool pack);

/// The layout of a packed weight whose shape in the graph is `shape`.
weights::PackedMatrix packed_matrix(const WeightForm& form, std::span<const std::int64_t> shape);

/// Bytes of a weight of these sizes on the device, whole words.
std::uint64_t device_bytes(const WeightForm& form, std::span<const std::int64_t> shape);

/// The number that `stored(weight)` is in op entries and shaders.
std::int64_t stored_code(DType type);

}  // namespace hekla::plan
