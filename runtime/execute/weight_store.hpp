// SPDX-License-Identifier: MIT
#pragma once

#include "execute/backend.hpp"
#include "graph/graph.hpp"
#include "plan/weight_form.hpp"
#include "weights/checkpoint.hpp"

#include <functional>
#include <future>
#include <memory>
#include <vector>

namespace hekla::execute {

/// Called while weights go to the device; false stops loading.
using Progress = std::function<bool(const char* what, std::uint64_t done, std::uint64_t total)>;

/// Thrown when a progress callback asks to stop.
struct Cancelled {};

/// A graph's weights on a device: a few large buffers, filled once and shared by every context.
class WeightStore {
  public:
    struct Place {
        hekla_plugin_buffer* buffer = nullptr;
        std::uint64_t offset_bytes = 0, size_bytes = 0;
    };

    /// Bytes the weights will take on the device, aligned.
    static std::uint64_t planned_bytes(const graph::Graph& graph, const std::vector<plan::WeightForm>& forms,
                                       std::uint32_t alignment);

    /// Straight from the mapped files, in the forms given: into the device's memory where it is the host's too, elsewhere through a ring of two
    /// staging buffers of a few MiB.
    /// Null checkpoint: random values, seeded, of the size that keeps activations near 1.
    /// In the background, where the device's memory is the host's too: the buffers are there when this returns, what is in them when wait() does; graph and
    /// forms outlive the store.
    WeightStore(std::shared_ptr<Device> device, const graph::Graph& graph,
                std::shared_ptr<const weights::Checkpoint> checkpoint,
                const std::vector<plan::WeightForm>& forms, const Progress& progress,
                bool in_background);

    bool is_loaded() const;
    /// Throws what loading threw, each time.
    void wait() const;

    const Place& place(std::uint32_t weight) const { return places_[weight]; }
    std::uint64_t total_bytes() const { return total_bytes_; }

  private:
    void load(const std::shared_ptr<Device>& device, const graph::Graph& graph,
              const weights::Checkpoint* checkpoint, const std::vector<plan::WeightForm>& forms,
              const Progress& progress);

    std::vector<Buffer> blocks_;
    std::vector<std::size_t> block_of_;  // by weight
    std::vector<Place> places_;
    std::uint64_t total_bytes_ = 0;
    std::shared_future<void> loading_;  // last: its end is waited for before the buffers go
};

}  // namespace hekla::execute
