// SPDX-License-Identifier: MIT
#include "planning.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

using namespace planning;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

namespace {

const Sizes sizes{{"B", 2}, {"T", 5}, {"P", 64}};

/// Every two steps that touch the same memory, one of them writing, have a barrier between them.
void require_ordered(const plan::Plan& plan) {
    struct Touch {
        std::uint64_t space, begin, end;
        bool written;
    };
    const auto touches = [&](const plan::Step& step) {
        std::vector<Touch> out;
        const auto add = [&](std::uint32_t s, std::uint64_t offset, std::uint64_t size,
                             bool written) {
            const plan::Storage& storage = plan.storages[s];
            const bool arena = storage.kind == plan::StorageKind::arena;
            const std::uint64_t base = arena ? storage.offset_bytes : 0;
            out.push_back(
                {arena ? 0 : std::uint64_t{s} + 1, base + offset, base + offset + size, written});
        };
        if (step.kind == plan::Step::Kind::dispatch)
            for (const plan::Binding& b : plan.dispatches[step.index].bindings)
                add(b.storage, b.offset_bytes, b.size_bytes, b.written);
        else if (step.kind == plan::Step::Kind::upload)
            add(plan.uploads[step.index].storage, 0, plan.uploads[step.index].size_bytes, true);
        else
            add(plan.downloads[step.index].storage, 0, plan.downloads[step.index].size_bytes,
                false);
        return out;
    };
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        bool barrier = false;
        for (std::size_t j = i + 1; j < plan.steps.size(); ++j) {
            barrier = barrier || plan.steps[j].barrier_before;
            if (barrier) break;
            for (const Touch& a : touches(plan.steps[i]))
                for (const Touch& b : touches(plan.steps[j]))
                    REQUIRE_FALSE(((a.written || b.written) && a.space == b.space &&
                                   a.begin < b.end && b.begin < a.end));
        }
    }
}

}  // namespace

TEST_CASE("a decoder layer: fused, ordered, within its arena") {
    const graph::Graph graph = read(decoder_text());
    for (const bool fuse : {false, true})
        for (const std::int64_t t : {1, 5, 63}) {
            const plan::Plan plan = make(graph, {{"B", 2}, {"T", t}, {"P", 64}}, fuse);
            require_ordered(plan);
            CHECK(static_cast<double>(plan.arena_bytes) <=
                  1.15 * static_cast<double>(plan.arena_live_bytes));
            CHECK(plan.uploads.size() == 1);
            CHECK(plan.downloads.size() == 1);
        }
}

TEST_CASE("keys go straight into the cache, heads are merged in place") {
    const plan::Plan plan = make(read(decoder_text()), sizes, false);
    // One copy: the values, whose producer writes rows, not heads.
    CHECK(count(plan, "copy") == 1);
    const auto rope =
        std::find_if(plan.dispatches.begin(), plan.dispatches.end(), [&](const plan::Dispatch& d) {
            return d.op->name == "rope" &&
                   plan.storages[d.bindings.back().storage].kind == plan::StorageKind::state;
        });
    REQUIRE(rope != plan.dispatches.end());
    CHECK(rope->bindings.back().written);

    const plan::Plan fused = make(read(decoder_text()), sizes);
    CHECK(count(fused, "copy") == 0);
    REQUIRE(count(fused, "rope_qkv") == 1);
    for (const plan::Dispatch& d : fused.dispatches)
        if (d.op->name == "rope_qkv")
            for (std::size_t b = d.bindings.size() - 2; b < d.bindings.size(); ++b)
                CHECK(fused.storages[d.bindings[b].storage].kind == plan::StorageKind::state);
}

TEST_CASE("what depends on the carried dim is rewritten before a run, all else stands") {
    const graph::Graph graph = read(decoder_text());
    const plan::Plan plan = make(graph, sizes, false);
    REQUIRE(plan.expressions.size() >= 2);
    const std::int64_t before[] = {2, 5, 7};  // B, T, P in the file's order
    std::vector<std::int64_t> symbols(graph.symbols.size());
    for (std::size_t i = 0; i < symbols.size(); ++i)
        symbols[i] = graph.symbols[i].name == "B"   ? before[0]
                     : graph.symbols[i].name == "T" ? before[1]
                                                    : before[2];
    std::vector<std::int64_t> values;
    for (const plan::DynamicWord& word : plan.dynamic_words) {
        REQUIRE(word.word < plan.params.size());
        values.push_back(plan.expressions[word.expression].evaluate(symbols));
    }
    CHECK(std::count(values.begin(), values.end(), 7) == 2);   // both ropes: at
    CHECK(std::count(values.begin(), values.end(), 12) == 1);  // attention: keys
    CHECK(std::count(values.begin(), values.end(), 7 * 8) ==
          2);  // places of new keys and values in the cache
    CHECK(values.size() == 5);
}

TEST_CASE("what weights and literals alone decide is computed once") {
    const graph::Graph graph = read(
        "hekla: 1\nname: r\ndims: {T: {max: 64}, P: {state: 0, next: P + T, max: 64}}\ninputs:\n  x: float[1, T, 4]\n"
        "state:\n  s: float[1, P, 4]\ngraph:\n"
        "  scale: exp(weight(w.scale, [4]))\n"                       // of a weight
        "  table: embedding(iota(T), w.table, rows=64, dim=4)\n"     // of a literal and a weight
        "  here: embedding(iota(T, start=P), w.table, rows=64, dim=4)\n"  // of a carried dim: every run
        "  all: append(s, x * scale + table + here, axis=1)\n  y: sum(all, axes=[1])\n"
        "outputs:\n  y: float[1, 4]\n");
    const plan::Plan plan = make(graph, {{"T", 3}, {"P", 64}}, false);
    CHECK(plan.once_count == 3);  // exp, iota, embedding
    CHECK(plan.once_segments == 1);
    CHECK(plan.constant_bytes > 0);
    require_ordered(plan);
    for (std::uint32_t d = 0; d < plan.dispatches.size(); ++d)
        for (const plan::Binding& b : plan.dispatches[d].bindings)
            if (b.written)
                CHECK((plan.storages[b.storage].kind == plan::StorageKind::constant) ==
                      (d < plan.once_count));
    for (const plan::Step& step : plan.steps) {
        const bool once =
            step.kind == plan::Step::Kind::dispatch && step.index < plan.once_count;
        CHECK((step.segment < plan.once_segments) == once);
    }
}

TEST_CASE("a run beyond the capacity, a dim beyond its max") {
    const graph::Graph graph = read(decoder_text());
    CHECK_THROWS_MATCHES(make(graph, {{"B", 1}, {"T", 33}, {"P", 32}}), Error,
                         MessageMatches(ContainsSubstring("`P`") && ContainsSubstring("32")));
    CHECK_THROWS_MATCHES(make(graph, {{"B", 4}, {"T", 5}, {"P", 64}}), Error,
                         MessageMatches(ContainsSubstring("`B` is 4, above its max of 3")));
    CHECK_THROWS_AS(make(graph, {{"B", 1}, {"T", 0}, {"P", 64}}), Error);
}

TEST_CASE("inner values can be asked for, and are not fused away") {
    const graph::Graph graph = read(decoder_text());
    plan::PlanOptions chosen = options(graph, sizes);
    chosen.outputs = {"y", "q", "m", "f"};
    const plan::Plan plan = plan::make_plan(graph, catalogue(), baseline(), chosen);
    REQUIRE(plan.outputs.size() == 4);
    CHECK(plan.outputs[1].shape == std::vector<graph::Dim>{2, 6, 5, 8});
    require_ordered(plan);
    chosen.outputs = {"nothing"};
    CHECK_THROWS_MATCHES(plan::make_plan(graph, catalogue(), baseline(), chosen), Error,
                         MessageMatches(ContainsSubstring("`nothing`")));
}

TEST_CASE("only what an output needs is computed") {
    const graph::Graph graph = read(R"(
hekla: 1
name: two
inputs:
  x: float[3, 7]
graph:
  a: relu(x)
  b: exp(x)
outputs:
  a: float[3, 7]
  b: float[3, 7]
)");
    plan::PlanOptions chosen = options(graph, {});
    chosen.outputs = {"b"};
    const plan::Plan plan = plan::make_plan(graph, catalogue(), baseline(), chosen);
    REQUIRE(plan.dispatches.size() == 1);
    CHECK(plan.dispatches[0].op->name == "exp");
}

TEST_CASE("independent dispatches share no barrier") {
    const plan::Plan plan = make(read(R"(
hekla: 1
name: wide
inputs:
  x: float[3, 7]
graph:
  a: relu(x)
  b: exp(x)
  c: silu(x)
outputs:
  a: float[3, 7]
  b: float[3, 7]
  c: float[3, 7]
)"),
                                 {});
    CHECK(plan.dispatches.size() == 3);
    CHECK(plan.barrier_count == 2);  // after the upload, before the downloads
}

TEST_CASE("a weight larger than a binding is used in stretches of rows") {
    const graph::Graph graph = read(R"(
hekla: 1
name: big
inputs:
  ids: i32[5]
graph:
  x: embedding(ids, w.table, rows=1009, dim=64)
  y: linear(x, w.head, out=1009)
outputs:
  y: float[5, 1009]
)");
    plan::DeviceTraits device = baseline();
    device.max_binding_bytes = 100'000;  // 390 rows of 64 floats
    const plan::Plan plan = plan::make_plan(graph, catalogue(), device, options(graph, {}));
    CHECK(count(plan, "embedding") == 3);
    CHECK(count(plan, "linear") == 3);
    for (const plan::Dispatch& d : plan.dispatches)
        for (const plan::Binding& b : d.bindings) {
            CHECK(b.size_bytes <= device.max_binding_bytes);
            CHECK(b.offset_bytes % device.binding_alignment == 0);
            CHECK(b.offset_bytes + b.size_bytes <= plan.storages[b.storage].size_bytes);
        }
    require_ordered(plan);
}

TEST_CASE("activations larger than a binding are worked on in stretches") {
    const graph::Graph graph = read(R"(
hekla: 1
name: large
inputs:
  x: float[3, 50, 64]
graph:
  a: relu(x + 1)
  n: rms_norm(a, w.norm)
  y: linear(n, w.up, out=109)
outputs:
  y: float[3, 50, 109]
)");
    plan::DeviceTraits device = baseline();
    device.max_binding_bytes = 8192;
    plan::PlanOptions chosen = options(graph, {});
    chosen.fuse = false;
    const plan::Plan plan = plan::make_plan(graph, catalogue(), device, chosen);
    CHECK(count(plan, "relu") == 5);  // of 38400 bytes
    CHECK(count(plan, "rms_norm") == 5);
    std::uint64_t written = 0;
    for (const plan::Dispatch& d : plan.dispatches) {
        for (const plan::Binding& b : d.bindings) {
            CHECK(b.size_bytes <= device.max_binding_bytes);
            CHECK(b.offset_bytes % device.binding_alignment == 0);
            CHECK(b.offset_bytes + b.size_bytes <= plan.storages[b.storage].size_bytes);
        }
        if (d.op->name == "relu") written += d.bindings.back().size_bytes;
    }
    CHECK(written >= 38400);
    require_ordered(plan);
    device.max_binding_bytes = 128;  // less than a row
    CHECK_THROWS_MATCHES(plan::make_plan(graph, catalogue(), device, chosen), Error,
                         MessageMatches(ContainsSubstring("binds at most 128 at once")));
}

TEST_CASE("long work is cut into segments, whose numbers never fall") {
    const graph::Graph graph = read(decoder_text());
    plan::PlanOptions chosen = options(graph, sizes);
    chosen.segment_cost = 1;
    const plan::Plan plan = plan::make_plan(graph, catalogue(), baseline(), chosen);
    CHECK(plan.segment_count >= plan.dispatches.size());
    for (std::size_t i = 1; i < plan.steps.size(); ++i)
        CHECK(plan.steps[i].segment >= plan.steps[i - 1].segment);
    CHECK(make(graph, sizes).segment_count == 1);
}

TEST_CASE("kernels are chosen by capability, cost and wish") {
    const graph::Graph graph = read(decoder_text());
    plan::DeviceTraits able = baseline();
    able.subgroup_size = 32;
    for (const char* name : {"storage_16bit", "float16", "subgroup_arithmetic", "subgroup_shuffle"})
        able.capabilities |= *plan::find_capability(name);
    for (const plan::Dispatch& d : make(graph, sizes).dispatches) CHECK(d.kernel->needs.empty());
    for (const plan::Dispatch& d : make(graph, sizes, true, able).dispatches) {
        CHECK(d.spec.size() >= 3);
        CHECK(d.spec[0] * d.spec[1] * d.spec[2] <= able.max_workgroup_invocations);
        CHECK(d.params_offset_bytes % able.params_alignment == 0);
    }
    plan::PlanOptions chosen = options(graph, sizes);
    chosen.force_kernels = {"linear_fused", "linear_gate", "linear_qkv"};
    for (const plan::Dispatch& d : plan::make_plan(graph, catalogue(), able, chosen).dispatches)
        if (d.op->name.starts_with("linear_")) CHECK(d.kernel == &d.op->kernels[0]);
    CHECK_FALSE(plan::find_capability("vendor_x"));
}

TEST_CASE("what is done ahead of a kernel costs dispatches, and their measured time counts") {
    const graph::Graph graph = read(R"(
hekla: 1
name: ahead
inputs:
  x: float[16, 640]
graph:
  y: linear(x, w.l, out=4096, bias=false)
outputs:
  y: float[16, 4096]
)");
    plan::DeviceTraits device = baseline();
    const auto chosen = [&] {
        plan::PlanOptions packed = options(graph, {});
        packed.weight_forms = plan::weight_forms(graph, std::vector{DType::f16}, true);
        return plan::make_plan(graph, catalogue(), device, packed).dispatches.back();
    };
    CHECK(chosen().kernel->name == "linear_tiles");
    CHECK(plan::least_ns(chosen(), device.costs) == 0);
    device.costs.flop_ns = device.costs.byte_ns = 0.01;
    device.costs.dispatch_ns = 1e3;
    CHECK(chosen().kernel->name == "linear_tiles");
    CHECK(plan::least_ns(chosen(), device.costs) == 1e3 + 2.0 * 16 * 640 * 4096 * 0.01);
    device.costs.dispatch_ns = 1e9;
    CHECK(chosen().kernel->name == "linear_rows");
}

TEST_CASE("sums of a thin product are shared out among workgroups, those of a large one are not") {
    plan::DeviceTraits gpu = baseline();
    gpu.subgroup_size = 32;
    gpu.max_workgroup_invocations = 1024;
    gpu.max_shared_bytes = 49152;
    gpu.matrix_m = gpu.matrix_n = gpu.matrix_k = 16;
    for (const char* name : {"float16", "storage_16bit", "subgroup_arithmetic", "cooperative_matrix"})
        gpu.capabilities |= *plan::find_capability(name);
    const auto product = [](const std::string& rows, const std::string& out, const std::string& y) {
        return read("hekla: 1\nname: product\ninputs:\n  x: float[" + rows + ", 3072]\n  r: float[" + rows + ", " + out +
                    "]\ngraph:\n  l: linear(x, w.fc, out=" + out + ")\n  y: " + y + "\noutputs:\n  y: float[" + rows + ", " + out + "]\n");
    };
    std::uint64_t most_bytes = ~std::uint64_t{0};
    const auto kernels = [&](const graph::Graph& graph, const plan::DeviceTraits& device) {
        plan::PlanOptions chosen = options(graph, {});
        chosen.weight_forms[0] = {DType::f16, true, false};
        chosen.most_prepared_bytes = most_bytes;
        const plan::Plan plan = plan::make_plan(graph, catalogue(), device, chosen);
        require_ordered(plan);
        std::string names;
        for (const plan::Dispatch& d : plan.dispatches) names += (names.empty() ? "" : " ") + d.kernel->name;
        return names;
    };
    const graph::Graph thin = product("32", "768", "l"), fused = product("32", "768", "silu(l) + r");
    CHECK(kernels(thin, gpu) == "linear_matrix_shares add_shares");
    CHECK(kernels(fused, gpu) == "linear_fused_matrix_shares add_shares");
    CHECK(kernels(product("512", "3072", "l"), gpu) == "linear_matrix");
    CHECK(kernels(product("512", "3072", "silu(l) + r"), gpu) == "linear_fused_matrix");
    CHECK(kernels(product("1", "768", "l"), gpu) == "linear_subgroup");
    most_bytes = 32 * 768 * 4;  // one matrix of parts
    CHECK(kernels(thin, gpu) == "linear_matrix");
    most_bytes = ~std::uint64_t{0};
    plan::DeviceTraits software = gpu;
    software.software = true;
    CHECK(kernels(thin, software) == "tile_rows linear_tiles");

    plan::DeviceTraits newer = gpu;
    newer.capabilities |= *plan::find_capability("cooperative_matrix2");
    CHECK(kernels(thin, newer) == "linear_matrix_shares add_shares");
    CHECK(kernels(product("512", "3072", "l"), newer) == "linear_matrix2");
    CHECK(kernels(product("512", "3072", "silu(l) + r"), newer) == "linear_fused_matrix2");
    newer.software = true;
    CHECK(kernels(product("512", "3072", "l"), newer) == "tile_rows linear_tiles");

    // Parts, bias and residual: each is read by whom it concerns.
    plan::PlanOptions chosen = options(fused, {});
    chosen.weight_forms[0] = {DType::f16, true, false};
    const plan::Plan plan = plan::make_plan(fused, catalogue(), gpu, chosen);
    REQUIRE(plan.dispatches.size() == 2);
    const plan::Dispatch &product_of = plan.dispatches[0], &sum = plan.dispatches[1];
    const std::uint32_t parts = product_of.bindings.back().storage, shares = product_of.spec.back();
    CHECK(shares > 1);
    CHECK(plan.storages[parts].size_bytes == std::uint64_t{shares} * 32 * 768 * 4);
    CHECK(sum.bindings[0].storage == parts);
    CHECK(product_of.bindings[1].storage == product_of.bindings[0].storage);  // no residual: x stands for it
    const std::uint32_t* words = &plan.params[sum.params_offset_bytes / 4];
    CHECK(std::vector<std::uint32_t>(words + 9, words + 15) == std::vector<std::uint32_t>{shares, 32, 768, 1, 1, 2});
    CHECK(words[0] == 32 * 768 / 64);
}

TEST_CASE("a grid beyond the device's is folded") {
    const graph::Graph graph = read(R"(
hekla: 1
name: long
inputs:
  x: float[70001, 67]
graph:
  y: cast(x, 'i32')
outputs:
  y: i32[70001, 67]
)");
    const plan::Plan plan = make(graph, {});
    REQUIRE(plan.dispatches.size() == 1);
    const plan::Dispatch& d = plan.dispatches[0];
    CHECK(d.groups[0] <= 65535);
    CHECK(std::uint64_t{d.groups[0]} * d.groups[1] * d.spec[0] >= 70001u * 67u);
    CHECK(plan.params[d.params_offset_bytes / 4] == d.groups[0]);
}

TEST_CASE("a dim that nothing here has needs no size") {
    const graph::Graph graph = read(R"(
hekla: 1
dims: {B: {max: 4}, K: {max: 4}}
inputs:
  x: float[B, 3]
graph:
  y: relu(x)
outputs:
  y: float[B, 3]
)");
    CHECK(make(graph, {{"B", 2}, {"K", 0}}).dispatches.size() == 1);
    CHECK_THROWS_MATCHES(make(graph, {{"B", 0}, {"K", 0}}), Error,
                         MessageMatches(ContainsSubstring("`B` is 0")));
}
