// SPDX-License-Identifier: MIT
#include "planning.hpp"

#include <catch2/catch_test_macros.hpp>

#include <tuple>

using namespace planning;

// That the fused kernels compute the same is shown on devices: tests/ops runs every linear op fused and plain against the reference.

namespace {

std::string with_graph(const std::string& body) {
    return "hekla: 1\nname: r\ndims: {N: {max: 32768}}\ninputs:\n  x: float[N, 24]\ngraph:\n" + body +
           "outputs:\n  y: float[N, 24]\n";
}

const Sizes sizes{{"N", 7}};

}  // namespace

TEST_CASE("a decoder layer and its embedding take nine dispatches instead of eighteen") {
    const graph::Graph graph = read(decoder_text());
    const Sizes all{{"B", 1}, {"T", 1}, {"P", 64}};
    const plan::Plan plain = make(graph, all, false), fused = make(graph, all);
    CHECK(count(plain, "linear") == 7);
    CHECK(count(fused, "linear") == 0);
    CHECK(count(fused, "linear_qkv") == 1);
    CHECK(count(fused, "linear_gate") == 1);
    CHECK(count(fused, "linear_fused") == 2);
    CHECK(count(fused, "add") == 0);
    // embedding; norm, 3 linear, 2 rope, copy, attention, linear, add; norm, linear, silu, linear, mul, linear, add
    CHECK(plain.dispatches.size() == 18);
    // embedding; norm, qkv, rope_qkv, attention, fused; norm, gate, fused
    CHECK(fused.dispatches.size() == 9);
}

TEST_CASE("rotate: queries and keys turned alike, read by one attention") {
    const auto dispatches = [](const std::string& q, const std::string& k, bool fuse) {
        return make(read("hekla: 1\nname: r\ninputs:\n  q: float[1, 4, 5, 6]\n  k: float[1, 2, 5, 6]\n"
                         "  v: float[1, 2, 5, 6]\ngraph:\n  a: " + q + "\n  b: " + k +
                         "\n  y: attention(a, b, v)\noutputs:\n  y: float[1, 4, 5, 6]\n"),
                    {}, fuse)
            .dispatches.size();
    };
    CHECK(dispatches("rope(q, at=7)", "rope(k, at=7)", false) == 3);
    CHECK(dispatches("rope(q, at=7)", "rope(k, at=7)", true) == 2);
    CHECK(dispatches("rope(q, at=7)", "rope(k, at=8)", true) == 3);
    CHECK(dispatches("rope(q, at=7, style='pairs')", "rope(k, at=7)", true) == 3);
    CHECK(dispatches("rope(q)", "k", true) == 2);
}

TEST_CASE("products: heads too wide for registers are two products and a softmax, some queries at a time") {
    const auto planned = [](const std::string& width, const std::string& call, bool by_address) {
        plan::DeviceTraits device = baseline();
        device.by_address = by_address;
        return make(read("hekla: 1\nname: r\ninputs:\n  q: float[1, 2, 3001, " + width + "]\n  k: float[1, 2, 1009, " +
                         width + "]\n  v: float[1, 2, 1009, 67]\ngraph:\n  y: " + call +
                         "\noutputs:\n  y: float[1, 2, 3001, 67]\n"),
                    {}, true, device);
    };
    const plan::Plan wide = planned("257", "attention(q, k, v)", true);
    CHECK(count(wide, "attention") == 0);
    CHECK(count(wide, "softmax") == 2);  // 2048 queries, then the rest
    CHECK(count(wide, "matmul") == 4);
    CHECK(count(wide, "copy") == 0);  // each part is written into its place
    for (const auto& [width, call, by_address] :
         {std::tuple("256", "attention(q, k, v)", true), std::tuple("257", "attention(q, k, v, causal=true)", true),
          std::tuple("257", "attention(q, k, v, softcap=2.0)", true), std::tuple("257", "attention(q, k, v)", false)})
        CHECK(count(planned(width, call, by_address), "attention") == 1);
}

TEST_CASE("element-wise ops of one reader each are one dispatch") {
    const auto dispatches = [](const std::string& graph) {
        const graph::Graph all =
            read("hekla: 1\nname: r\ninputs:\n  x: float[3, 5]\n  z: float[3, 5]\n  row: float[5]\n  i: i32[3, 5]\n"
                 "graph:\n" + graph + "outputs:\n  y: float[3, 5]\n");
        return std::pair(make(all, {}, false).dispatches.size(), make(all, {}).dispatches.size());
    };
    using Counts = std::pair<std::size_t, std::size_t>;
    CHECK(dispatches("  y: silu(x) * z\n") == Counts{2, 1});
    CHECK(dispatches("  y: clamp(x * row + 1.0, low=0.0, high=2.0)\n") == Counts{3, 1});
    CHECK(dispatches("  h: exp(x)\n  y: h * h\n") == Counts{2, 1});                   // both operands
    CHECK(dispatches("  h: exp(x)\n  y: silu(h) * gelu(h)\n") == Counts{4, 2});       // read by two
    CHECK(dispatches("  y: x * exp(row)\n") == Counts{2, 2});                          // of other sizes: it would be repeated
    CHECK(dispatches("  y: where(greater(x, 0.5), x + 1.0, -z)\n") == Counts{4, 1});
    CHECK(dispatches("  y: x + cast(i, 'float')\n") == Counts{2, 2});                    // integers stay out
    CHECK(dispatches("  y: exp(sin(exp(sin(exp(sin(exp(sin(exp(x)))))))))\n") == Counts{9, 2});  // eight at most
    CHECK(dispatches("  y: silu(layer_norm(x, w.n)) * z\n") == Counts{3, 2});          // the norm takes the activation
}

TEST_CASE("neighbouring copies of one shape are one dispatch") {
    const auto joined = [](const std::string& parts, const std::string& size) {
        const graph::Graph graph =
            read("hekla: 1\nname: r\ninputs:\n  a: float[3, 5]\n  b: float[3, 5]\n  c: float[3, 4]\n"
                 "graph:\n  y: concat([" + parts + "], axis=1)\noutputs:\n  y: float[3, " + size +
                 "]\n");
        CHECK(count(make(graph, {}, false), "copy_pair") == 0);
        return make(graph, {});
    };
    CHECK(joined("a, b", "10").dispatches.size() == 1);
    CHECK(joined("a, b, a", "15").dispatches.size() == 2);
    CHECK(joined("a, c", "9").dispatches.size() == 2);
    CHECK(joined("a, c, b", "14").dispatches.size() == 3);
}

TEST_CASE("gate: either side, and not when the product is read twice") {
    for (const char* product : {"silu(linear(x, w.g, out=24)) * linear(x, w.u, out=24)",
                                "linear(x, w.u, out=24) * gelu(linear(x, w.g, out=24))"}) {
        const plan::Plan plan =
            make(read(with_graph(std::string("  y: ") + product + "\n")), sizes);
        CHECK(plan.dispatches.size() == 1);
        CHECK(count(plan, "linear_gate") == 1);
    }
    const plan::Plan other_input =
        make(read(with_graph(
                 "  h: relu(x)\n  y: silu(linear(x, w.g, out=24)) * linear(h, w.u, out=24)\n")),
             sizes);
    CHECK(count(other_input, "linear_gate") == 0);
    const plan::Plan read_twice = make(
        read(
            with_graph("  u: linear(x, w.u, out=24)\n  y: silu(linear(x, w.g, out=24)) * u + u\n")),
        sizes);
    CHECK(count(read_twice, "linear_gate") == 0);
    const plan::Plan bias_on_one = make(
        read(
            with_graph("  y: silu(linear(x, w.g, out=24)) * linear(x, w.u, out=24, bias=false)\n")),
        sizes);
    CHECK(count(bias_on_one, "linear_gate") == 0);
}

TEST_CASE("activation and residual go into the product's epilogue") {
    const plan::Plan both =
        make(read(with_graph("  y: x + gelu(linear(x, w.a, out=24), approx='tanh')\n")), sizes);
    CHECK(both.dispatches.size() == 1);
    CHECK(count(both, "linear_fused") == 1);
    const plan::Plan left = make(read(with_graph("  y: linear(x, w.a, out=24) + x\n")), sizes);
    CHECK(left.dispatches.size() == 1);
    const plan::Plan broadcast =
        make(read(with_graph("  y: linear(x, w.a, out=24) + weight(w.row, [24])\n")), sizes);
    CHECK(count(broadcast, "linear_fused") == 0);
    const plan::Plan two =
        make(read(with_graph("  y: linear(x, w.a, out=24) + linear(x, w.b, out=24)\n")), sizes);
    CHECK(two.dispatches.size() == 2);
    const plan::Plan no_such = make(read(with_graph("  y: exp(linear(x, w.a, out=24))\n")), sizes);
    CHECK(no_such.dispatches.size() == 2);
}

TEST_CASE("qkv: three products of one input, no more and no less") {
    const plan::Plan three =
        make(read(with_graph("  q: linear(x, w.q, out=24)\n  k: linear(x, w.k, out=24)\n  v: "
                             "linear(x, w.v, out=24)\n  y: exp(q) + exp(k) + exp(v)\n")),
             sizes);
    CHECK(count(three, "linear_qkv") == 1);
    const plan::Plan two = make(
        read(with_graph(
            "  q: linear(x, w.q, out=24)\n  k: linear(x, w.k, out=24)\n  y: exp(q) + exp(k)\n")),
        sizes);
    CHECK(count(two, "linear_qkv") == 0);
    CHECK(count(two, "linear") == 2);
}

TEST_CASE("a device without the fused op keeps the plain ones") {
    plan::DeviceTraits device = baseline();
    device.has_kernel = [](std::string_view op) {
        return op == "linear" || op == "silu" || op == "mul";
    };
    const plan::Plan plan =
        make(read(with_graph("  y: silu(linear(x, w.g, out=24)) * linear(x, w.u, out=24)\n")),
             sizes, true, device);
    CHECK(plan.dispatches.size() == 4);
}

namespace {

plan::Plan convolve(const std::string& body, bool fuse = true) {
    return make(
        read(
            "hekla: 1\nname: r\ninputs:\n  x: float[2, 6, 9, 7]\n  t: float[2, 6, 1, 1]\ngraph:\n" +
            body + "outputs:\n  y: float[2, 6, 9, 7]\n"),
        {}, fuse);
}

}  // namespace

TEST_CASE("activation and residual go into the convolution's epilogue") {
    for (const char* act : {"relu(c)", "leaky_relu(c, slope=0.2)", "silu(c)", "tanh(c)",
                            "sigmoid(c)", "quick_gelu(c)", "gelu(c)", "gelu(c, approx='tanh')"}) {
        const std::string body =
            std::string("  c: conv2d(x, w.c, out=6, kernel=3)\n  y: x + ") + act + "\n";
        INFO(act);
        CHECK(convolve(body, false).dispatches.size() == 3);
        const plan::Plan fused = convolve(body);
        CHECK(fused.dispatches.size() == 1);
        CHECK(count(fused, "convolve") == 1);
    }
    CHECK(convolve("  y: t + conv2d(x, w.c, out=6, kernel=3)\n").dispatches.size() ==
          1);  // broadcast
    CHECK(convolve("  y: relu(conv_transpose2d(x, w.c, out=6, kernel=3, pad=1)) + t\n")
              .dispatches.size() == 1);
    CHECK(
        convolve("  c: conv2d(x, w.a, out=6, kernel=3)\n  y: c + conv2d(c, w.b, out=6, kernel=3)\n")
            .dispatches.size() == 2);
    // read twice; in the other order; the wrong way round for broadcasting
    CHECK(convolve("  c: conv2d(x, w.c, out=6, kernel=3)\n  y: relu(c) * c\n").dispatches.size() ==
          2);
    CHECK(convolve("  y: relu(x + conv2d(x, w.c, out=6, kernel=3))\n").dispatches.size() == 2);
    CHECK(convolve("  y: x + conv2d(t, w.c, out=6, kernel=1)\n").dispatches.size() == 2);
}

TEST_CASE("a convolution reads what an upsample by a whole number would write") {
    const auto plan_of = [](const std::string& upsampled, bool fuse) {
        return make(read("hekla: 1\nname: r\ninputs:\n  x: float[2, 6, 9, 7]\n  l: float[1, 1, 18, 14]\n  o: float[1, 1, 17, 14]\n"
                         "graph:\n  y: sum(conv2d(" + upsampled + ", w.c, out=5, kernel=3), axes=[2, 3])\n  z: l + 1\n  v: o + 1\n"
                         "outputs:\n  y: float[2, 5]\n  z: float[1, 1, 18, 14]\n  v: float[1, 1, 17, 14]\n"),
                    {}, fuse);
    };
    for (const char* upsampled : {"upsample(x)", "upsample(x, scale=3)", "upsample(x, like=l)"}) {
        INFO(upsampled);
        CHECK(count(plan_of(upsampled, false), "upsample") == 1);
        CHECK(count(plan_of(upsampled, true), "upsample") == 0);
    }
    CHECK(count(plan_of("upsample(x, like=o)", true), "upsample") == 1);
}

TEST_CASE("a batch norm after a convolution becomes its scale and bias") {
    for (const char* call :
         {"conv2d(x, w.c, out=6, kernel=3)", "conv2d(x, w.c, out=6, kernel=3, bias=false)",
          "conv_transpose2d(x, w.c, out=6, kernel=3, pad=1)"}) {
        const std::string body =
            std::string("  y: x + relu(batch_norm(") + call + ", w.n))\n";
        INFO(call);
        CHECK(convolve(body, false).dispatches.size() == 4);
        const plan::Plan fused = convolve(body);
        CHECK(fused.dispatches.size() == 2);
        CHECK(count(fused, "batch_norm_factors") == 1);
        CHECK(count(fused, "batch_norm") == 0);
    }
    const plan::Plan other_order =
        convolve("  y: batch_norm(relu(conv2d(x, w.c, out=6, kernel=3)), w.n)\n");
    CHECK(count(other_order, "batch_norm") == 1);
}

TEST_CASE("1-D convolutions are those of images one row high, without copies") {
    const plan::Plan plan =
        make(read("hekla: 1\nname: r\ninputs:\n  x: float[2, 9, 6]\ngraph:\n"
                  "  c: conv1d(transpose(x, [0, 2, 1]), w.c, out=5, kernel=3)\n"
                  "  y: conv_transpose1d(c, w.d, out=7, kernel=4, stride=2, pad=1)\n"
                  "outputs:\n  y: float[2, 7, 18]\n"),
             {});
    CHECK(plan.dispatches.size() == 2);
    CHECK(count(plan, "convolve") == 1);
    CHECK(count(plan, "convolve_transpose") == 1);
}

TEST_CASE("an activation goes into the norm before it") {
    for (const char* norm : {"group_norm(_, w.n, groups=4)", "instance_norm(_)",
                             "batch_norm(_, w.n)", "layer_norm(_, w.m)", "rms_norm(_, w.m)"}) {
        INFO(norm);
        const std::string text = std::string(
                                     "hekla: 1\nname: r\ndims: {H: {max: 64}}\ninputs:\n"
                                     "  x: float[2, 8, H, 5]\ngraph:\n  y:\n    - x\n    - ") +
                                 norm + "\n    - silu(_)\noutputs:\n  y: float[2, 8, H, 5]\n";
        const graph::Graph graph = read(text);
        CHECK(make(graph, {{"H", 7}}, false).dispatches.size() == 2);
        CHECK(make(graph, {{"H", 7}}).dispatches.size() == 1);
    }
}

TEST_CASE("norms of long runs are taken in two halves, by many workgroups") {
    const auto text = [](const char* graph) {
        return std::string(
                   "hekla: 1\nname: r\ndims: {H: {max: 4096}}\ninputs:\n  x: float[1, 64, H, 256]\n"
                   "graph:\n  y: ") +
               graph + "\noutputs:\n  y: float[1, 64, H, 256]\n";
    };
    const graph::Graph group = read(text("silu(group_norm(x, w.n))"));
    CHECK(make(group, {{"H", 127}}).dispatches.size() == 1);
    const plan::Plan halves = make(group, {{"H", 128}});
    REQUIRE(halves.dispatches.size() == 2);
    CHECK(count(halves, "norm_moments") == 1);
    CHECK(count(halves, "norm_apply") == 1);
    CHECK(halves.dispatches[0].groups[0] == 32 * 4);
    CHECK(make(group, {{"H", 128}}, false).dispatches.size() == 2);  // norm, activation

    const graph::Graph instance = read(text("instance_norm(x)"));
    CHECK(make(instance, {{"H", 255}}).dispatches.size() == 1);
    CHECK(make(instance, {{"H", 256}}).dispatches.size() == 2);
    plan::DeviceTraits device = baseline();
    device.has_kernel = [](std::string_view op) { return op == "instance_norm"; };
    CHECK(make(instance, {{"H", 256}}, true, device).dispatches.size() == 1);
}

namespace {

/// Kernels that were taken, in order.
std::string kernels(const plan::Plan& plan) {
    std::string names;
    for (const plan::Dispatch& d : plan.dispatches)
        names += (names.empty() ? "" : " ") + d.kernel->name;
    return names;
}

plan::DeviceTraits cpu() {
    plan::DeviceTraits device = baseline();
    device.software = true;
    return device;
}

plan::Plan normed(const std::string& body, std::int64_t rows, bool fuse = true,
                  plan::DeviceTraits device = cpu(), bool packed = true) {
    const graph::Graph graph = read(with_graph(body));
    plan::PlanOptions chosen = options(graph, {{"N", rows}});
    if (packed)
        for (std::size_t w = 0; w < graph.weights.size(); ++w)
            if (graph.weights[w].shape.size() == 2) chosen.weight_forms[w] = {DType::f16, true};
    chosen.fuse = fuse;
    return plan::make_plan(graph, catalogue(), device, chosen);
}

plan::DeviceTraits gpu() {
    plan::DeviceTraits device = baseline();
    device.subgroup_size = 32;
    device.capabilities = *plan::find_capability("subgroup_arithmetic");
    return device;
}

}  // namespace

TEST_CASE("ahead: a norm in front of a product that takes tiles lays them out") {
    constexpr std::int64_t many = 24001;
    for (const std::string norm : {"rms_norm(x)", "rms_norm(x, w.n, offset=1.0)", "layer_norm(x, w.n)"}) {
        INFO(norm);
        const std::string name = norm.substr(0, norm.find('('));
        const std::string body = "  n: " + norm + "\n  y: linear(n, w.fc, out=24)\n";
        CHECK(kernels(normed(body, many, false)) == name + " tile_rows linear_tiles");
        CHECK(kernels(normed(body, many)) == name + "_tiles linear_tiles");
        CHECK(normed(body, many).dispatches[0].path == "n");
        // On GPUs the two stay apart, and products that take rows as they lie have it in front of them, as it was.
        CHECK(kernels(normed(body, many, true, gpu())) == name + "_subgroup tile_rows linear_tiles");
        // Few rows are not worth another kernel to compile.
        CHECK(kernels(normed(body, 37)) == name + " tile_rows linear_tiles");
        CHECK(kernels(normed(body, 3)) == kernels(normed(body, 3, false)));
        CHECK(kernels(normed(body, many, true, cpu(), false)) == name + " linear");
    }
    const auto count_of = [](const std::string& body) { return normed(body, many).dispatches.size(); };
    // three products of one norm; one beside something else; its own result added
    CHECK(count_of("  n: rms_norm(x)\n  q: linear(n, w.q, out=24)\n  k: linear(n, w.k, out=24)\n"
                   "  v: linear(n, w.v, out=24)\n  y: q + k + v\n") == 3);
    CHECK(count_of("  n: rms_norm(x)\n  y: linear(n, w.fc, out=24) * exp(n)\n") == 4);
    CHECK(count_of("  n: rms_norm(x)\n  y: linear(n, w.fc, out=24) + n\n") == 3);
    CHECK(count_of("  y: linear(silu(rms_norm(x)), w.fc, out=24)\n") == 2);
    plan::DeviceTraits by_name = cpu();
    by_name.has_kernel = [](std::string_view) { return true; };
    CHECK(kernels(normed("  y: linear(rms_norm(x), w.fc, out=24)\n", many, true, by_name)) ==
          "rms_norm linear");
}

TEST_CASE("ahead: a norm whose result is an output stays") {
    const graph::Graph graph = read("hekla: 1\nname: r\ninputs:\n  x: float[37, 24]\ngraph:\n"
                                    "  n: rms_norm(x)\n  y: linear(n, w.fc, out=24)\n"
                                    "outputs:\n  n: float[37, 24]\n  y: float[37, 24]\n");
    CHECK(count(make(graph, {}), "rms_norm") == 1);
    CHECK(make(graph, {}).dispatches.size() == make(graph, {}, false).dispatches.size());
}

TEST_CASE("ahead: products of few rows on GPUs norm their rows themselves") {
    const auto taken = [](const std::string& norm, plan::DeviceTraits device = gpu()) {
        return normed("  y: linear(" + norm + ", w.fc, out=24)\n", 3, true, device);
    };
    const plan::Plan weighted = taken("rms_norm(x, w.n, offset=1.0)");
    CHECK(kernels(weighted) == "linear_subgroup");
    CHECK(weighted.dispatches[0].spec.back() == 2);
    CHECK(weighted.dispatches[0].bindings.size() == 5);
    CHECK(taken("rms_norm(x)").dispatches[0].spec.back() == 1);
    CHECK(kernels(taken("layer_norm(x, w.n)")) == "layer_norm_subgroup linear_subgroup");
    CHECK(kernels(taken("silu(rms_norm(x))")) == "rms_norm_subgroup linear_subgroup");
    CHECK(taken("silu(rms_norm(x))").dispatches[1].spec.back() == 0);
    plan::DeviceTraits narrow = gpu();
    narrow.max_bindings = 4;
    CHECK(kernels(taken("rms_norm(x)", narrow)) == "rms_norm_subgroup linear_rows");
}

TEST_CASE("zeros around an image go into the convolution after them") {
    const auto dispatches = [](const std::string& pad) {
        return make(read("hekla: 1\nname: r\ndims: {H: {max: 64}}\ninputs:\n  x: float[1, 4, H, 9]\n"
                         "graph:\n  y: conv2d(pad(x, " +
                         pad +
                         "), w.c, out=4, kernel=3)\noutputs:\n  y: float[1, 4, H + 1, 10]\n"),
                    {{"H", 7}})
            .dispatches.size();
    };
    CHECK(dispatches("[0, 1, 0, 1]") == 1);
    CHECK(dispatches("[1, 0, 1, 0, 0, 0]") == 1);
    CHECK(dispatches("[2, -1, 0, 1]") == 2);
    CHECK(dispatches("[0, 1, 0, 1], value=1.0") == 2);
    CHECK(dispatches("[0, 1, 0, 1], mode='reflect'") == 2);
}
