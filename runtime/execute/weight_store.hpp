// SPDX-License-Identifier: MIT
#pragma once

#include "execute/backend.hpp"
#include "graph/graph.hpp"
#include "plan/weight_form.hpp"
#include "weights/checkpoint.hpp"

#include <functional>
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
    WeightStore(std::shared_ptr<Device> device, const graph::Graph& graph,
                const weights::Checkpoint* checkpoint, const std::vector<plan::WeightForm>& forms,
                const Progress& progress);

    const Place& place(std::uint32_t weight) const { return places_[weight]; }
    std::uint64_t total_bytes() const { return total_bytes_; }

  private:
    std::vector<Buffer> blocks_;
    std::vector<Place> places_;
    std::uint64_t total_bytes_ = 0;
};

}  // namespace hekla::execute
