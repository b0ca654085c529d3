// SPDX-License-Identifier: MIT
#include "tool/bench_nodes.hpp"
#include "tool/process_cost.hpp"
#include "tool/random_inputs.hpp"
#include "tool/roofline.hpp"
#include "tool/tool.hpp"

#include "base/file.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <random>

namespace hekla::tool {
namespace {

struct BenchArguments {
    ModelArguments model;
    std::vector<std::string> dims, then, only, capacity;
    int times = 16;
    int below = 100;
    std::string random_weights;
    bool json = false;
    bool device_time = false;
    bool nodes = false;
    std::string svg;
};

double milliseconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
        .count();
}

/// The same runs once more in a context that keeps times, `arguments.times` of them.
NodeTimes time_nodes(const Model& model, const BenchArguments& arguments,
                     std::span<const hekla_dim_value> capacity,
                     std::span<const char* const> outputs, const Sizes& first, const Sizes& later) {
    Context context(model, capacity, true);
    std::mt19937 random(1);
    if (!arguments.then.empty()) {
        set_random_inputs(context, model, first, arguments.below, random);
        context.run(outputs);
    }
    NodeTimes out;
    for (int i = 0; i <= arguments.times; ++i) {
        if (arguments.then.empty()) context.reset();
        set_random_inputs(context, model, later, arguments.below, random);
        context.run(outputs);
        if (i > 0) out.add(context);  // the first records and warms
    }
    return out;
}

int bench(const BenchArguments& arguments) {
    const Runtime runtime = open_runtime(arguments.model);
    const Device device = open_device(runtime, arguments.model);
    const hekla_device_info info = device.info();

    const PeakMemory memory;
    auto start = std::chrono::steady_clock::now();
    const unsigned random_weights = arguments.random_weights == "f32"   ? 1
                                    : arguments.random_weights == "f16" ? 2
                                                                        : 0;
    const Model model = load_model(device, arguments.model, random_weights);
    const double load_ms = milliseconds_since(start);
    const std::uint64_t load_peak = memory.peak_bytes();

    const Sizes first = parse_sizes(arguments.dims);
    Sizes later = first;
    for (const auto& [name, value] : parse_sizes(arguments.then)) later[name] = value;
    std::vector<hekla_dim_value> capacity;
    const Sizes capacities = parse_sizes(arguments.capacity);
    for (const auto& [name, value] : capacities) capacity.push_back({name.c_str(), value});
    std::optional<Context> kept(std::in_place, model, capacity);
    Context& context = *kept;
    std::vector<const char*> outputs;
    for (const std::string& name : arguments.only) outputs.push_back(name.c_str());

    std::mt19937 random(1);
    set_random_inputs(context, model, first, arguments.below, random);
    start = std::chrono::steady_clock::now();
    context.run(outputs);
    const double first_ms = milliseconds_since(start);

    // The same again from an empty state: what a first run costs once kernels exist and the plan is recorded.
    context.reset();
    start = std::chrono::steady_clock::now();
    context.run(outputs);
    const double again_ms = milliseconds_since(start);
    const std::uint64_t run_peak = memory.peak_bytes();

    if (!arguments.then.empty()) {
        set_random_inputs(context, model, later, arguments.below, random);
        context.run(outputs);  // records the later sizes
    }
    std::vector<double> wall, cpu;
    wall.reserve(static_cast<std::size_t>(
        arguments.times));  // growing would count as an allocation of the runs
    cpu.reserve(static_cast<std::size_t>(arguments.times));
    std::uint64_t allocations = 0;
    for (int i = 0; i < arguments.times; ++i) {
        if (arguments.then.empty()) context.reset();
        set_random_inputs(context, model, later, arguments.below, random);
        const std::uint64_t allocated = allocation_count();
        const double cpu_before = thread_cpu_microseconds();
        start = std::chrono::steady_clock::now();
        context.run(outputs);
        wall.push_back(milliseconds_since(start));
        cpu.push_back(thread_cpu_microseconds() - cpu_before);
        allocations += allocation_count() - allocated;
    }
    kept.reset();  // its memory is the timed one's
    std::optional<NodeTimes> nodes;
    if (arguments.device_time || arguments.nodes)
        nodes = time_nodes(model, arguments, capacity, outputs, first, later);
    DeviceLimits limits;
    if (arguments.nodes) limits = measure_limits(device);
    std::vector<hekla_dim_value> first_dims;
    for (const auto& [name, value] : first) first_dims.push_back({name.c_str(), value});
    for (const auto& [name, value] : capacities) first_dims.push_back({name.c_str(), value});
    std::vector<hekla_dim_value> report_dims;
    for (const auto& [name, value] : later) report_dims.push_back({name.c_str(), value});
    for (const auto& [name, value] : capacities) report_dims.push_back({name.c_str(), value});
    const hekla_memory_report report = model.memory(report_dims);

    nlohmann::ordered_json out = {{"model", model.name()},
                                        {"device", info.id},
                                        {"device_name", info.name},
                                        {"driver", info.driver},
                                        {"dims", first},
                                        {"then", later},
                                        {"load_ms", load_ms},
                                        {"load_peak_bytes", load_peak},
                                        {"run_peak_bytes", run_peak},
                                        {"predicted_peak_bytes", model.memory(first_dims).peak_bytes},
                                        {"weight_bytes", report.weight_bytes},
                                        {"first_run_ms", first_ms},
                                        {"first_sizes_again_ms", again_ms},
                                        {"replay",
                                         {{"runs", arguments.times},
                                          {"median_ms", quantile(wall, 0.5)},
                                          {"p95_ms", quantile(wall, 0.95)},
                                          {"median_cpu_us", quantile(cpu, 0.5)},
                                          {"p95_cpu_us", quantile(cpu, 0.95)},
                                          {"heap_allocations", allocations}}},
                                        {"arena_bytes", report.arena_bytes},
                                        {"arena_live_bytes", report.arena_live_bytes},
                                        {"arena_sum_bytes", report.arena_sum_bytes},
                                        {"state_bytes", report.state_bytes},
                                        {"io_bytes", report.io_bytes},
                                        {"dispatches", report.dispatch_count},
                                        {"barriers", report.barrier_count}};
    if (nodes) {
        out["device_median_ms"] = quantile(nodes->run_milliseconds(), 0.5);
        out["device_p95_ms"] = quantile(nodes->run_milliseconds(), 0.95);
    }
    if (arguments.nodes) {
        out["roofline"] = roofline_json(nodes->nodes(), limits);
        if (!arguments.svg.empty())
            write_file_atomically(arguments.svg, std::string_view(roofline_svg(
                fmt::format("{} on {}", model.name(), info.name), nodes->nodes(), limits)));
    }
    if (arguments.json) {
        fmt::print("{}\n", out.dump(2));
        return exit_ok;
    }
    const auto mib = [](std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); };
    fmt::print("{} on {} ({})\n", model.name(), info.id, info.name);
    fmt::print("load            {:10.1f} ms   {:.1f} MiB of weights, peak {:.1f} MiB\n", load_ms,
               mib(report.weight_bytes), mib(load_peak));
    fmt::print("first run       {:10.1f} ms   with kernels compiled and recorded\n", first_ms);
    fmt::print("first run again {:10.1f} ms   peak {:.1f} MiB, {:.1f} predicted\n", again_ms, mib(run_peak),
               mib(model.memory(first_dims).peak_bytes));
    fmt::print(
        "replay          {:10.3f} ms   median of {}, 95 % {:.3f} ms; this thread's CPU {:.1f} us, "
        "{} heap allocations\n",
        quantile(wall, 0.5), arguments.times, quantile(wall, 0.95), quantile(cpu, 0.5),
        allocations);
    fmt::print("                {:10} dispatches, {} barriers\n", report.dispatch_count,
               report.barrier_count);
    fmt::print(
        "activations     {:10.2f} MiB  (largest live set {:.2f}, without reuse {:.2f}); state "
        "{:.2f} MiB\n",
        mib(report.arena_bytes), mib(report.arena_live_bytes), mib(report.arena_sum_bytes),
        mib(report.state_bytes));
    if (nodes)
        fmt::print("device          {:10.3f} ms   median of {}, 95 % {:.3f} ms; without copies from and to the host\n",
                   quantile(nodes->run_milliseconds(), 0.5), arguments.times,
                   quantile(nodes->run_milliseconds(), 0.95));
    if (arguments.nodes) fmt::print("\n{}", roofline_table(nodes->nodes(), limits));
    return exit_ok;
}

}  // namespace

void add_bench(CLI::App& app, Action& action) {
    auto arguments = std::make_shared<BenchArguments>();
    CLI::App* command =
        app.add_subcommand("bench", "Measure a graph: loading, first run, replays, memory");
    add_model_options(*command, arguments->model);
    command
        ->add_option("--dims", arguments->dims,
                     "Sizes of the first run, e.g. --dims T=128 (a dim not named is 1)")
        ->allow_extra_args(false);
    command
        ->add_option("--then", arguments->then,
                     "Sizes of the later runs, which continue its state, e.g. --then T=1; left "
                     "out: the same run from an empty state")
        ->allow_extra_args(false);
    command
        ->add_option("--capacity", arguments->capacity,
                     "Largest value of a carried dim, e.g. P=512")
        ->allow_extra_args(false);
    command->add_option("--times", arguments->times, "How many later runs are measured")
        ->check(CLI::PositiveNumber);
    command->add_option("--only", arguments->only, "Compute this output alone")
        ->allow_extra_args(false);
    command->add_option("--below", arguments->below, "Integer inputs are drawn below this")
        ->check(CLI::PositiveNumber);
    command
        ->add_option("--random-weights", arguments->random_weights,
                     "Without a checkpoint: draw weights as f32 or f16")
        ->check(CLI::IsMember({"f32", "f16"}));
    command->add_flag("--device-time", arguments->device_time,
                      "Tell the runs' time on the device's own clock too");
    CLI::Option* nodes = command->add_flag(
        "--nodes", arguments->nodes,
        "Time each node too, and measure what the device can do at best: a roofline table");
    command->add_option("--svg", arguments->svg, "Draw the roofline into this file")->needs(nodes);
    command->add_flag("--json", arguments->json, "For programs");
    command->footer(
        "A text model's decoding: hekla bench --model DIR --dims T=128 --then T=1 --only last "
        "--times 32\n"
        "The runtime's own cost: hekla bench graphs/llama.yaml --random-weights f16 --set "
        "n_layer=24 --device null ...");
    command->callback([&action, arguments] { action = [arguments] { return bench(*arguments); }; });
}

}  // namespace hekla::tool
