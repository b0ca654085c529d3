// SPDX-License-Identifier: MIT
#pragma once

#include "graph/graph.hpp"
#include "ops/entry.hpp"
#include "plan/device_traits.hpp"
#include "plan/weight_form.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// From a typed graph and the sizes of one run to a dispatch list. Integers only: no device is touched.
namespace hekla::plan {

enum class StorageKind : std::uint8_t {
    arena,   ///< activations; `offset_bytes` within the context's arena
    state,   ///< state slot `source`, for the context's capacity
    weight,  ///< weight `source`
    constant,  ///< computed once; `offset_bytes` within the plan's constants
};

/// A stretch of device memory that tensors are views of.
struct Storage {
    StorageKind kind = StorageKind::arena;
    std::uint32_t source = graph::no_id;
    std::uint64_t size_bytes = 0;
    std::uint64_t offset_bytes = 0;  ///< arena: planned from lifetimes
    std::uint32_t first_step = 0,
                  last_step = 0;  ///< arena: alive from the first to the last step, both included
};

/// A tensor as a kernel sees it: elements of a storage. Sizes, strides and offset may use carried dims (P).
struct View {
    std::uint32_t storage = graph::no_id;
    DType dtype = DType::f32;
    graph::Dim offset;  ///< elements
    std::vector<graph::Dim> sizes;
    std::vector<graph::Dim> strides;  ///< elements; 0: repeated
    std::uint64_t packed_row_bytes = 0;  ///< not 0: a packed weight, addressed by groups of rows
    std::size_t packed_axis = 0;         ///< along which its rows lie

    /// Kernels read it as words of the file, or packed ones.
    bool is_raw() const {
        return packed_row_bytes != 0 || dtype == DType::f16 || dtype == DType::bf16;
    }
};

/// A range of a storage bound to a kernel.
struct Binding {
    std::uint32_t storage = graph::no_id;
    std::uint64_t offset_bytes = 0;  ///< within the storage
    std::uint64_t size_bytes = 0;
    bool written = false;
};

struct Dispatch {
    const ops::Entry* op = nullptr;
    const ops::KernelSpec* kernel = nullptr;
    std::string path;                 ///< of the graph's node, for traces
    std::vector<std::uint32_t> spec;  ///< constants 0, 1, 2: local size; then the entry's
    std::uint32_t groups[3] = {1, 1, 1};
    std::vector<Binding> bindings;
    bool by_address = false;  ///< the kernel's twin that binds nothing and gets the bindings' addresses as parameters
    std::uint32_t params_offset_bytes = 0;  ///< in the plan's parameter image
    std::uint32_t params_size_bytes = 0;
    double cost = 0;  ///< relative: about one floating-point operation
    std::string others;  ///< the op's other kernels, what each would cost or lacks; told if PlanOptions::explain
    double flops = 0;         ///< as the op's entry counts them
    std::uint64_t bytes = 0;  ///< of the tensors read and written, each element once
};

/// What a dispatch takes at least, by what was measured: beginning it, and its arithmetic or its memory at their best. 0: not measured.
double least_ns(const Dispatch& dispatch, const DeviceCosts& costs);

struct Step {
    enum class Kind : std::uint8_t { upload, dispatch, download } kind = Kind::dispatch;
    std::uint32_t index =
        0;  ///< dispatch: in Plan::dispatches; upload / download: in Plan::uploads / downloads
    bool barrier_before = false;
    std::uint32_t segment = 0;
};

/// A copy between the context's host-visible memory and a storage.
struct Transfer {
    std::uint32_t port = 0;  ///< upload: position in Graph::inputs; download: in Plan::outputs
    std::uint32_t storage = graph::no_id;
    std::uint64_t host_offset_bytes = 0;
    std::uint64_t size_bytes = 0;
};

struct Output {
    std::string name;
    DType dtype = DType::f32;       ///< f32, i32 or boolean (stored as i32 on the device)
    std::vector<graph::Dim> shape;  ///< may use carried dims; their values before the run
};

/// A word of the parameter image that is rewritten before every run: words[word] = expressions[expression](carried dims).
struct DynamicWord {
    std::uint32_t word = 0;
    std::uint32_t expression = 0;
};

/// Two words of the parameter image that hold the device address, low word first, of what a dispatch binds.
struct AddressWords {
    std::uint32_t word = 0;
    std::uint32_t dispatch = 0;
    std::uint32_t binding = 0;
};

struct Plan {
    std::vector<Storage> storages;
    std::vector<Dispatch> dispatches;
    std::vector<Transfer> uploads, downloads;
    std::vector<Output> outputs;
    std::vector<Step> steps;
    std::uint32_t segment_count = 0;
    std::uint32_t once_count = 0;     ///< so many dispatches, the first, are for the first run alone
    std::uint32_t once_segments = 0;  ///< in so many segments

    std::vector<std::uint32_t> params;  ///< the parameter image, blocks at params_alignment
    std::vector<DynamicWord> dynamic_words;
    std::vector<AddressWords> addresses;
    std::vector<graph::Dim> expressions;

    std::uint64_t constant_bytes = 0;
    std::uint64_t arena_bytes = 0;       ///< what the arena takes
    std::uint64_t arena_live_bytes = 0;  ///< largest sum of storages alive at one step
    std::uint64_t arena_sum_bytes = 0;   ///< all storages, without reuse
    std::uint64_t upload_bytes = 0, download_bytes = 0;
    std::uint32_t barrier_count = 0;
};

struct PlanOptions {
    std::vector<std::int64_t>
        symbols;  ///< one per Graph::symbols: its value in this run; carried dims: their capacity (largest value of `next`)
    std::vector<std::string> outputs;  ///< names, or paths of inner values; empty: all outputs
    std::vector<WeightForm> weight_forms;  ///< one per Graph::weights
    std::vector<std::string> force_kernels;  ///< taken wherever they apply
    bool fuse = true;
    bool explain = false;  ///< say of every dispatch why its kernel was taken
    std::uint64_t most_prepared_bytes = ~std::uint64_t{0};  ///< of what is made for one kernel beside its operands
    double segment_cost = 1e9;  ///< segments are cut after about this much
};

/// Throws hekla::Error (unsupported, limit, invalid_argument) naming the node.
Plan make_plan(const graph::Graph& graph, const ops::Catalogue& catalogue,
               const DeviceTraits& device, const PlanOptions& options);

/// Elements of a state slot along every axis, for given carried capacities; its size in bytes is their product times 4.
std::vector<std::int64_t> state_shape(const graph::State& state,
                                      const std::vector<std::int64_t>& symbols);

}  // namespace hekla::plan
