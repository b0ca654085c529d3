// SPDX-License-Identifier: MIT
#include "tool/bench_nodes.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>

namespace hekla::tool {
namespace {

/// `h[3].q` as `h[*].q`.
std::string without_turns(std::string_view path) {
    std::string out;
    for (std::size_t i = 0; i < path.size(); ++i) {
        out += path[i];
        if (path[i] != '[') continue;
        std::size_t end = i + 1;
        while (end < path.size() && path[end] >= '0' && path[end] <= '9') ++end;
        if (end == i + 1 || end == path.size() || path[end] != ']') continue;
        out += '*';
        i = end - 1;
    }
    return out;
}

std::span<const hekla_trace_step> trace_of(const Context& context) {
    const hekla_trace_step* steps = nullptr;
    std::uint32_t count = 0;
    detail::checked(
        [&](hekla_error* e) { return hekla_context_trace(context.get(), &steps, &count, e); });
    return {steps, count};
}

double milliseconds(const hekla_trace_step& step) {
    return static_cast<double>(step.end_ns - step.begin_ns) * 1e-6;
}

bool is_transfer(const hekla_trace_step& step) {
    return step.bytes == 0 && std::string_view(step.kernel) == "copy";
}

}  // namespace

double quantile(std::vector<double> values, double q) {
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(
        std::llround(q * static_cast<double>(values.size() - 1)))];
}

void NodeTimes::add(const Context& context) {
    const auto steps = trace_of(context);
    const std::size_t run = run_milliseconds_.size();
    std::uint64_t begin = ~std::uint64_t{0}, end = 0;
    for (const hekla_trace_step& step : steps) {
        if (is_transfer(step)) continue;
        begin = std::min(begin, step.begin_ns);
        end = std::max(end, step.end_ns);
        const std::string node = without_turns(step.node);
        auto at = std::find_if(nodes_.begin(), nodes_.end(), [&](const NodeCost& n) {
            return n.node == node && n.kernel == step.kernel;
        });
        if (at == nodes_.end()) at = nodes_.insert(at, {node, step.kernel, 0, 0, 0, {}});
        at->milliseconds.resize(run + 1);
        at->milliseconds[run] += milliseconds(step);
        if (run != 0) continue;
        ++at->calls;
        at->bytes += static_cast<double>(step.bytes);
        at->flops += step.flops;
    }
    double total = end > begin ? static_cast<double>(end - begin) * 1e-6 : 0;
    for (const hekla_trace_step& step : steps)
        if (is_transfer(step) && step.begin_ns >= begin && step.end_ns <= end)
            total -= milliseconds(step);
    run_milliseconds_.push_back(total);
}

std::vector<NodeCost> NodeTimes::nodes() const {
    std::vector<NodeCost> out = nodes_;
    std::stable_sort(out.begin(), out.end(), [](const NodeCost& a, const NodeCost& b) {
        return quantile(a.milliseconds, 0.5) > quantile(b.milliseconds, 0.5);
    });
    return out;
}

}  // namespace hekla::tool
