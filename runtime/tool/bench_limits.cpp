// SPDX-License-Identifier: MIT
#include "tool/bench_nodes.hpp"

#include <algorithm>
#include <string>

namespace hekla::tool {
namespace {

constexpr const char* graph = R"(hekla: 1
name: limits
params:
  turns: 64
inputs:
  x: float[1536, 16384]
  begin: float[262144]
graph:
  read: probe_read(x)
  arithmetic: probe_multiply_add(begin, turns=turns)
outputs:
  read: float[1536]
  arithmetic: float[262144]
)";
constexpr double enough_ms = 20;  // of one measurement, so that its beginning and end do not count
constexpr int runs = 4;

Model load(const Device& device, int turns) {
    const std::string setting = "turns=" + std::to_string(turns);
    const char* set[] = {setting.c_str()};
    hekla_model_desc desc{};
    desc.graph_text = graph;
    desc.graph_text_bytes = std::string_view(graph).size();
    desc.set = set;
    desc.set_count = 1;
    return Model(device, desc);
}

/// The best of some runs of one output, as what it does in a second; the first, with compiling, does not count.
template <double NodeCost::*amount>
double best_rate(Context& context, const char* output, double* ms = nullptr) {
    const char* const wanted[] = {output};
    double best = 0;
    for (int i = 0; i <= runs; ++i) {
        context.run(wanted);
        if (i == 0) continue;
        NodeTimes times;
        times.add(context);
        const double taken = times.run_milliseconds().front();
        const double rate = times.nodes().front().*amount / (taken * 1e-3);
        if (rate <= best) continue;
        best = rate;
        if (ms) *ms = taken;
    }
    return best;
}

}  // namespace

DeviceLimits measure_limits(const Device& device) {
    DeviceLimits limits;
    const std::int64_t shape[] = {1536, 16384};
    const std::vector<float> ones(1536 * 16384, 1.0f);
    const std::int64_t begin_shape[] = {262144};
    const auto begin = std::as_bytes(std::span(ones).first(262144));
    double ms = 0;
    constexpr int turns = 64;
    {
        const Model model = load(device, turns);
        Context context(model, {}, true);
        context.set_input("x", HEKLA_F32, shape, std::as_bytes(std::span(ones)));
        context.set_input("begin", HEKLA_F32, begin_shape, begin);
        limits.read_bytes_per_second = best_rate<&NodeCost::bytes>(context, "read");
        limits.flops_per_second = best_rate<&NodeCost::flops>(context, "arithmetic", &ms);
    }
    if (ms >= enough_ms) return limits;
    const Model model =
        load(device, turns * std::min(4096, static_cast<int>(enough_ms / std::max(ms, 1e-3)) + 1));
    Context context(model, {}, true);
    context.set_input("x", HEKLA_F32, shape, std::as_bytes(std::span(ones)));
    context.set_input("begin", HEKLA_F32, begin_shape, begin);
    limits.flops_per_second =
        std::max(limits.flops_per_second, best_rate<&NodeCost::flops>(context, "arithmetic"));
    return limits;
}

}  // namespace hekla::tool
