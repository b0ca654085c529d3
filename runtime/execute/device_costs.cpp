// SPDX-License-Identifier: MIT
#include "execute/device_costs.hpp"

#include "base/file.hpp"
#include "execute/context.hpp"

#include <chrono>
#include <cstdio>
#include <map>
#include <utility>

namespace hekla::execute {
namespace {

constexpr const char* graph = R"(hekla: 1
name: costs
params:
  n: 4096
  turns: 64
inputs:
  one: float[1]
  many: float[n]
  large: float[262144]
graph:
  arithmetic: probe_multiply_add(many, turns=turns)
  copied: slice(large, axis=0, start=0, count=1)
  chain:
    - probe_multiply_add(one, turns=8)
    - probe_multiply_add(_, turns=8)
    - probe_multiply_add(_, turns=8)
    - probe_multiply_add(_, turns=8)
    - probe_multiply_add(_, turns=8)
  same: probe_words(many, n=2048, turns=128)
  own: probe_words(many, n=2048, turns=128, by_lane=true)
outputs:
  arithmetic: float[n]
  copied: float[1]
  chain: float[1]
  same: float[2048]
  own: float[2048]
)";

constexpr std::uint64_t most_file_bytes = 65536;
constexpr int runs = 3;
constexpr std::int64_t large = 262144;

/// Some outputs of the graph, whose runs are timed.
class Probe {
  public:
    Probe(const std::shared_ptr<Model>& model, std::int64_t n, std::vector<const char*> outputs)
        : outputs_(std::move(outputs)), context_(model, {}, true) {
        set("one", 1);
        set("many", n);
        set("large", large);
        run();  // compiles, and does not count
        least_.clear();
    }

    /// Runs, and keeps what the steps of a node took, beginning to end, where it is less than what was kept of earlier runs.
    void run() {
        context_.run(outputs_, 0);
        std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> spans;
        for (const TraceStep& step : context_.trace()) {
            auto& span = spans.try_emplace(*step.node, step.begin_ns, step.end_ns).first->second;
            span.second = step.end_ns;
        }
        for (const auto& [node, span] : spans) {
            const double took = static_cast<double>(span.second - span.first);
            const auto at = least_.find(node);
            if (took <= 0 || (at != least_.end() && at->second <= took)) continue;
            least_[node] = took;
        }
    }
    /// Nanoseconds; 0: never seen to take any.
    double least(const std::string& node) const {
        const auto at = least_.find(node);
        return at == least_.end() ? 0 : at->second;
    }

  private:
    void set(const char* name, std::int64_t count) {
        const std::vector<float> zeros(static_cast<std::size_t>(count));
        context_.set_input(name, {DType::f32, {&count, 1}, std::as_bytes(std::span(zeros))});
    }

    std::vector<const char*> outputs_;
    Context context_;
    std::map<std::string, double> least_;
};

double ratio(double a, double b) { return b > 0 ? a / b : 0; }

}  // namespace

plan::DeviceCosts measure_costs(const std::shared_ptr<Device>& device,
                                const std::shared_ptr<const ops::Catalogue>& catalogue) {
    ModelOptions options;
    options.graph_text = graph;
    // A GPU needs many invocations to be at its best, and more work than that counts for beside starting it.
    const bool software = device->traits().software;
    const std::int64_t n = software ? 4096 : 1 << 20, turns = software ? 512 : 64;
    options.set = {{"n", std::to_string(n)}, {"turns", std::to_string(turns)}};
    const auto model = std::make_shared<Model>(device, catalogue, options);
    device->read_by_address(false);
    std::vector<const char*> outputs = {"arithmetic", "copied", "chain"};
    if (device->has_addresses()) outputs.push_back("same");
    Probe bound(model, n, std::move(outputs));
    std::optional<Probe> by_address;
    if (device->has_addresses()) {
        device->read_by_address(true);
        by_address.emplace(model, n, std::vector{"same", "own"});
    }
    for (int run = 0; run < runs; ++run) {  // one beside the other
        bound.run();
        if (by_address) by_address->run();
    }
    plan::DeviceCosts costs;
    costs.dispatch_ns = bound.least("chain") / 5;
    costs.flop_ns = bound.least("arithmetic") / (24.0 * static_cast<double>(n * turns));
    costs.byte_ns = bound.least("upload") / (2 * 4.0 * static_cast<double>(1 + n + large));  // read and written
    if (!by_address) return costs;
    costs.bounds_factor = ratio(bound.least("same"), by_address->least("same"));
    costs.gathers_factor = ratio(by_address->least("own"), by_address->least("same"));
    return costs;
}

void learn_costs(const std::shared_ptr<Device>& device,
                 const std::shared_ptr<const ops::Catalogue>& catalogue) {
    const hekla_plugin_device_info& info = device->info();
    if (info.kernels_by_name || !info.timestamps) return;
    const Backend& backend = device->backend();
    std::filesystem::path file;
    if (!backend.cache_folder().empty())
        file = std::filesystem::path(backend.cache_folder()) / costs_file_name(info, backend.name());
    try {
        if (!file.empty() && std::filesystem::exists(file))
            if (const auto kept = read_costs(read_whole_file(file, most_file_bytes), info))
                return device->take_costs(*kept);
    } catch (const Error& e) {
        backend.log(HEKLA_PLUGIN_INFO, std::string("measured again: ") + e.what());
    }
    plan::DeviceCosts costs;
    try {
        const auto begin = std::chrono::steady_clock::now();
        costs = measure_costs(device, catalogue);
        const double took =
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
        char text[256];
        std::snprintf(text, sizeof text,
                      "%s measured in %.0f ms: a dispatch %.1f us, %.1f GFLOP/s, %.1f GB/s, bounds x %.2f, "
                      "gathers x %.2f",
                      device->id().c_str(), took, costs.dispatch_ns / 1000, ratio(1, costs.flop_ns),
                      ratio(1, costs.byte_ns), costs.bounds_factor, costs.gathers_factor);
        backend.log(HEKLA_PLUGIN_INFO, text);
        if (!file.empty()) write_file_atomically(file, write_costs(costs, info), Privacy::owner);
    } catch (const Error& e) {
        backend.log(HEKLA_PLUGIN_INFO, "costs of " + device->id() + ": " + e.what());
    }
    device->take_costs(costs);  // none, where measuring failed: measuring itself changes what plans take
}

}  // namespace hekla::execute
