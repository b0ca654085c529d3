// SPDX-License-Identifier: MIT
#pragma once

#include "base/diagnostic.hpp"
#include "graph/check.hpp"
#include "graph/parse.hpp"
#include "plan/plan.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

/// From a graph's text to a plan for a made-up device: no driver is near.
namespace planning {

using namespace hekla;

inline const ops::Catalogue& catalogue() {
    static const ops::Catalogue all = ops::Catalogue::built_in();
    return all;
}

inline graph::Graph read(const std::string& text) {
    Diagnostics diagnostics;
    const auto file =
        graph::parse_graph_file(std::make_shared<Source>("test.yaml", text), diagnostics);
    std::optional<graph::Graph> graph;
    if (file && !diagnostics.has_errors())
        graph = graph::check(*file, catalogue(), {}, diagnostics);
    if (!graph) throw std::runtime_error(diagnostics.text());
    return std::move(*graph);
}

/// A device with nothing optional.
inline plan::DeviceTraits baseline() {
    plan::DeviceTraits traits;
    traits.subgroup_size = 4;
    return traits;
}

using Sizes = std::map<std::string, std::int64_t>;

inline plan::PlanOptions options(const graph::Graph& graph, const Sizes& sizes) {
    plan::PlanOptions out;
    for (const graph::Symbol& symbol : graph.symbols) out.symbols.push_back(sizes.at(symbol.name));
    out.weight_forms.assign(graph.weights.size(), {});
    return out;
}

inline plan::Plan make(const graph::Graph& graph, const Sizes& sizes, bool fuse = true,
                       const plan::DeviceTraits& device = baseline()) {
    plan::PlanOptions chosen = options(graph, sizes);
    chosen.fuse = fuse;
    return plan::make_plan(graph, catalogue(), device, chosen);
}

/// How many dispatches of an op there are.
inline long count(const plan::Plan& plan, const std::string& op) {
    return std::count_if(plan.dispatches.begin(), plan.dispatches.end(),
                         [&](const plan::Dispatch& d) { return d.op->name == op; });
}

/// A decoder layer of Llama's kind, small and odd: what most plans are about.
inline const char* decoder_text() {
    return R"(
hekla: 1
name: decoder
dims:
  B: {max: 3}
  T: {max: 64}
  P: {state: 0, next: P + T, max: 64}
inputs:
  ids: i32[B, T]
state:
  kv:
    k: float[B, 2, P, 8]
    v: float[B, 2, P, 8]
graph:
  x: embedding(ids, w.table, rows=37, dim=48)
  n: rms_norm(x, w.norm)
  q: rope(to_heads(linear(n, w.q, out=48, bias=false), 6), at=P)
  k: append(kv.k, rope(to_heads(linear(n, w.k, out=16, bias=false), 2), at=P), axis=2)
  v: append(kv.v, to_heads(linear(n, w.v, out=16, bias=false), 2), axis=2)
  a: x + linear(from_heads(attention(q, k, v, causal=true)), w.o, out=48, bias=false)
  m: rms_norm(a, w.norm2)
  f: silu(linear(m, w.gate, out=80, bias=false)) * linear(m, w.up, out=80, bias=false)
  y: a + linear(f, w.down, out=48, bias=false)
outputs:
  y: float[B, T, 48]
)";
}

}  // namespace planning
