// SPDX-License-Identifier: MIT
#pragma once

#include "execute/model.hpp"

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hekla::execute {

/// A tensor in host memory: f32, i32, i64, f16 or boolean (one byte).
struct HostTensor {
    DType dtype = DType::f32;
    std::span<const std::int64_t> shape;
    std::span<const std::byte> data;
};

/// A finished output.
struct OutputInfo {
    DType dtype = DType::f32;  ///< f32, i32 or boolean
    std::vector<std::int64_t> shape;
};

struct TraceStep {
    const std::string* node;
    const std::string* kernel;
    std::uint64_t begin_ns, end_ns;
    std::uint64_t bytes;
    double flops;
};

struct MemoryReport {
    std::uint64_t weight_bytes = 0, state_bytes = 0, arena_bytes = 0, arena_live_bytes = 0,
                  arena_sum_bytes = 0, io_bytes = 0;
    std::uint32_t dispatch_count = 0, barrier_count = 0;
    std::uint64_t constant_bytes = 0;
    std::uint64_t peak_bytes = 0;  ///< what all of it takes at once
};

enum class RunResult { done, cancelled };

/// One stream of runs with its own state and activations, over a shared model. One thread at a time, cancel() excepted.
class Context {
  public:
    /// `capacity`: largest value per dim name; carried dims left out take their `max`.
    Context(std::shared_ptr<Model> model,
            const std::vector<std::pair<std::string, std::int64_t>>& capacity, bool timed);
    ~Context();

    void set_input(std::string_view name, const HostTensor& tensor);
    /// Outputs by name or path; empty: all. Replays when sizes and outputs were seen before: then no allocation and no recording.
    /// `progress` is told how many segments are done, and may stop the run.
    RunResult run(std::span<const char* const> outputs, std::uint64_t timeout_ns,
                  const Progress& progress = {});
    /// Does all that a run of these sizes does before it is replayed, and has the driver finish every kernel of it. Dims not named are 1.
    void warm(const std::vector<std::pair<std::string, std::int64_t>>& dims,
              std::span<const char* const> outputs, const Progress& progress);
    void cancel() { cancelled_.store(true, std::memory_order_relaxed); }
    void reset();
    std::int64_t position(std::string_view dim) const;

    const OutputInfo& output(std::string_view name) const;
    void read(std::string_view name, std::span<std::byte> out) const;
    std::vector<TraceStep> trace() const;
    std::vector<std::string> output_names() const;

    /// What a run with these sizes takes, per context; nothing is allocated. Carried dims count as capacities.
    static MemoryReport preflight(const Model& model,
                                  const std::vector<std::pair<std::string, std::int64_t>>& dims);

  private:
    struct Compiled;
    struct InputData;

    void fill_input(std::size_t index);
    void bind_symbols();
    void size_state();
    std::string what_would_fit(const std::vector<std::int64_t>& sizes,
                               const std::vector<std::string>& outputs, std::uint64_t room) const;
    Compiled* find(std::span<const char* const> outputs);
    Compiled& compile(std::span<const char* const> outputs, bool dispatch_all,
                      const Progress& progress);
    std::unique_ptr<Compiled> make(std::vector<std::string> outputs, bool dispatch_all,
                                   const Progress& progress);
    void write_params(Compiled& compiled);
    void write_inputs(Compiled& compiled) const;
    void finish(Compiled& compiled);
    void settle();

    std::shared_ptr<Model> model_;
    bool timed_ = false;
    std::vector<std::int64_t> capacity_;  // per dim: carried ones
    std::vector<std::int64_t>
        symbols_;  // of the run being made: bound dims, and carried dims before it
    std::vector<std::int64_t> position_;  // carried dims now
    std::vector<InputData> inputs_;
    std::vector<std::vector<std::uint32_t>>
        axis_symbols_;  // per input and axis: the dim that stands there alone, or no_id
    Buffer state_, arena_;
    std::vector<std::uint64_t> state_offsets_;
    std::vector<bool> state_uses_;                     // per dim: do state slots have it
    std::vector<std::int64_t> state_sizes_;            // dims the state memory was made for
    std::vector<std::unique_ptr<Compiled>> compiled_;  // most recently used last
    Compiled* last_ = nullptr;
    hekla_plugin_ticket unfinished_ = 0;  // of a run that timed out
    std::atomic<bool> cancelled_{false};
};

}  // namespace hekla::execute
