// SPDX-License-Identifier: MIT
#pragma once

#include "execute/weight_store.hpp"
#include "graph/graph.hpp"
#include "ops/entry.hpp"
#include "plan/plan.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hekla::execute {

struct ModelOptions {
    std::optional<std::filesystem::path> graph_path;
    std::optional<std::string> graph_text;
    std::vector<std::filesystem::path>
        graph_folders;  ///< searched by `serves:` before the built-in graphs
    std::optional<std::filesystem::path> checkpoint;
    std::span<const std::byte> weights_data;
    std::optional<std::filesystem::path> config_path;
    std::optional<std::string> config_text;
    std::string entry;
    std::vector<std::pair<std::string, std::string>> set;
    std::uint64_t max_memory_bytes = 0;
    Progress progress;
    std::vector<std::string> force_kernels;
    bool fuse = true;
    bool plan_only = false;       ///< no weights are read or uploaded
    bool in_background = false;   ///< uploads go on when the model is there; not with `progress` or `weights_data`
    unsigned random_weights = 0;  ///< 0: none; 1: f32; 2: f16 where kernels read it
};

/// A graph and its weights, checked against each other, before any device is involved.
struct LoadedGraph {
    std::unique_ptr<weights::Checkpoint> checkpoint;  ///< null: none given
    graph::Graph graph;
};

/// Reads and checks. Throws DiagnosticError for what is wrong in the graph file, Error otherwise.
LoadedGraph load_graph(const ops::Catalogue& catalogue, const ModelOptions& options);

/// The graph files built into the library: name ("llama.yaml") and text.
struct BuiltInGraph {
    std::string_view name, text;
};
std::span<const BuiltInGraph> built_in_graphs();

/// A model on a device. Plans and kernels may be asked for by several threads at once.
class Model {
  public:
    Model(std::shared_ptr<Device> device, std::shared_ptr<const ops::Catalogue> catalogue,
          const ModelOptions& options);

    const std::shared_ptr<Device>& device() const { return device_; }
    const graph::Graph& graph() const { return graph_; }
    /// Null for a model that only plans.
    const WeightStore* weights() const { return weights_.get(); }
    std::uint64_t weight_bytes() const { return weight_bytes_; }
    std::uint64_t max_memory_bytes() const { return max_memory_bytes_; }

    /// `symbols`: one value per dim; carried dims: their capacity.
    plan::Plan plan(const std::vector<std::int64_t>& symbols,
                    const std::vector<std::string>& outputs, bool explain = false) const;
    /// One value per dim: those named, else the largest of carried dims and the smallest of others. Throws for names there are not.
    std::vector<std::int64_t> symbols_of(
        const std::vector<std::pair<std::string, std::int64_t>>& dims) const;
    /// Compiles, on as many threads as there are cores, the plan's kernels that are not there yet. Throws Cancelled if `progress`, which
    /// this thread alone calls, says to stop.
    void compile_kernels(const plan::Plan& plan, const Progress& progress);
    /// Compiled once per kernel and constants, then shared.
    hekla_plugin_kernel* kernel(const plan::Dispatch& dispatch);

    /// Bytes that all state slots take for the given capacities, each aligned.
    std::uint64_t state_bytes(const std::vector<std::int64_t>& symbols,
                              std::vector<std::uint64_t>* offsets = nullptr) const;

  private:
    std::shared_ptr<Device> device_;
    std::shared_ptr<const ops::Catalogue> catalogue_;
    graph::Graph graph_;
    std::vector<plan::WeightForm> weight_forms_;
    std::vector<std::string> force_kernels_;
    bool fuse_ = true;
    std::uint64_t max_memory_bytes_ = 0, weight_bytes_ = 0;
    std::unique_ptr<WeightStore> weights_;
    using KernelKey = std::pair<std::string, std::vector<std::uint32_t>>;
    std::unique_ptr<Kernel> compile(const plan::Dispatch& dispatch) const;

    std::mutex mutex_;
    std::map<KernelKey, std::unique_ptr<Kernel>> kernels_;
};

}  // namespace hekla::execute
