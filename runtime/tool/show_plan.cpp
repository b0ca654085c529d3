// SPDX-License-Identifier: MIT
#include "tool/show_plan.hpp"

#include "tool/random_inputs.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

namespace hekla::tool {
namespace {

constexpr int measured_runs = 5;

/// A hekla_plan_step that owns its texts.
struct Row {
    std::string node, op, kernel, others;
    std::array<std::uint32_t, 3> groups, local;
    bool once;
    std::uint64_t bytes;
    double flops, cost, predicted, microseconds = 0;
};

int add_row(void* rows, const hekla_plan_step* step) {
    Row row{step->node, step->op,        step->kernel, step->others, {},
            {},         step->once != 0, step->bytes,  step->flops,  step->cost, step->predicted_us};
    std::copy_n(step->groups, 3, row.groups.begin());
    std::copy_n(step->local, 3, row.local.begin());
    static_cast<std::vector<Row>*>(rows)->push_back(std::move(row));
    return 1;
}

/// Fills in what each dispatch took, the median of some runs.
void measure(std::vector<Row>& rows, const Model& model, const PlanArguments& arguments,
             std::span<const hekla_dim_value> capacity, std::span<const char* const> outputs,
             const Sizes& first, const Sizes& later) {
    Context context(model, capacity, true);
    std::mt19937 random(1);
    std::vector<std::vector<double>> times(rows.size());
    for (int run = 0; run <= measured_runs; ++run) {
        context.reset();
        if (!arguments.then.empty()) {
            set_random_inputs(context, model, first, arguments.below, random);
            context.run(outputs);
        }
        set_random_inputs(context, model, later, arguments.below, random);
        context.run(outputs);
        const hekla_trace_step* steps = nullptr;
        std::uint32_t count = 0;
        detail::checked(
            [&](hekla_error* e) { return hekla_context_trace(context.get(), &steps, &count, e); });
        if (run == 0) continue;  // the first computes what is computed once
        // Inputs come first, then the dispatches in the plan's order, then outputs.
        std::uint32_t at = 0;
        while (at < count && std::string_view(steps[at].node) == "upload") ++at;
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (!rows[i].once) {
                times[i].push_back(static_cast<double>(steps[at].end_ns - steps[at].begin_ns) /
                                   1000);
                ++at;
            }
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].once) continue;
        std::sort(times[i].begin(), times[i].end());
        rows[i].microseconds = times[i][times[i].size() / 2];
    }
}

std::string product_text(const std::array<std::uint32_t, 3>& sizes) {
    std::string out = std::to_string(sizes[0]);
    if (sizes[1] > 1 || sizes[2] > 1) out += "x" + std::to_string(sizes[1]);
    if (sizes[2] > 1) out += "x" + std::to_string(sizes[2]);
    return out;
}

void print_table(const std::vector<Row>& rows, bool measured) {
    std::size_t node = 4, op = 2, kernel = 6;
    for (const Row& row : rows) {
        node = std::max(node, row.node.size());
        op = std::max(op, row.op.size());
        kernel = std::max(kernel, row.kernel.size());
    }
    fmt::print("{:<{}}  {:<{}}  {:<{}}  {:>12}  {:>8}  {:>12}  {:>10}  {:>10}  {:>12}{}\n", "node", node,
               "op", op, "kernel", kernel, "groups", "local", "bytes", "flops", "cost", "predicted us",
               measured ? "          us" : "");
    for (const Row& row : rows) {
        fmt::print("{:<{}}  {:<{}}  {:<{}}  {:>12}  {:>8}  {:>12}  {:>10.3g}  {:>10.3g}  {:>12}", row.node,
                   node, row.op, op, row.kernel, kernel, product_text(row.groups),
                   product_text(row.local), row.bytes, row.flops, row.cost,
                   row.predicted > 0 ? fmt::format("{:.1f}", row.predicted) : "-");
        fmt::print("{}\n", row.once   ? "  once"
                           : measured ? fmt::format("  {:>10.1f}", row.microseconds)
                                      : "");
    }
    // The same choice in every layer is told once.
    std::map<std::pair<std::string, std::string>, std::string> choices;
    for (const Row& row : rows)
        if (!row.others.empty()) choices.try_emplace({row.kernel, row.others}, row.node);
    if (!choices.empty()) fmt::print("\nwhy\n");
    for (const auto& [choice, first] : choices)
        fmt::print("  {} (first at {}): {}\n", choice.first, first, choice.second);
    double cost = 0, flops = 0, predicted = 0, time = 0;
    std::uint64_t bytes = 0;
    for (const Row& row : rows) {
        cost += row.cost;
        flops += row.flops;
        bytes += row.bytes;
        if (!row.once) predicted += row.predicted;
        time += row.microseconds;
    }
    fmt::print("\n{} dispatches, {:.1f} MB read and written, {:.3g} flops, cost {:.3g}, {:.1f} us predicted{}\n",
               rows.size(), static_cast<double>(bytes) / 1e6, flops, cost, predicted,
               measured ? fmt::format(", {:.1f} us measured", time) : "");
}

void print_json(const std::vector<Row>& rows, const Model& model, const hekla_device_info& device,
                const Sizes& sizes, bool measured) {
    auto dispatches = nlohmann::ordered_json::array();
    for (const Row& row : rows) {
        nlohmann::ordered_json item = {{"node", row.node},     {"op", row.op},
                                       {"kernel", row.kernel}, {"others", row.others},
                                       {"groups", row.groups}, {"local", row.local},
                                       {"bytes", row.bytes},   {"flops", row.flops},
                                       {"cost", row.cost},     {"predicted_us", row.predicted},
                                       {"once", row.once}};
        if (measured) item["us"] = row.microseconds;
        dispatches.push_back(std::move(item));
    }
    fmt::print("{}\n", nlohmann::ordered_json{{"model", model.name()},
                                              {"device", device.id},
                                              {"device_name", device.name},
                                              {"driver", device.driver},
                                              {"dims", sizes},
                                              {"dispatches", std::move(dispatches)}}
                           .dump(2));
}

}  // namespace

int show_plan(const PlanArguments& arguments) {
    const Runtime runtime = open_runtime(arguments.model);
    const Device device = open_device(runtime, arguments.model);
    const Model model = load_model(device, arguments.model,
                                   arguments.random_weights == "f32" ? 1 : 2, !arguments.measure);
    const Sizes first = parse_sizes(arguments.dims), capacities = parse_sizes(arguments.capacity);
    Sizes later = first;
    for (const auto& [name, value] : parse_sizes(arguments.then)) later[name] = value;
    std::vector<hekla_dim_value> capacity, sizes;
    for (const auto& [name, value] : capacities) capacity.push_back({name.c_str(), value});
    for (const auto& [name, value] : later) sizes.push_back({name.c_str(), value});
    sizes.insert(sizes.end(), capacity.begin(), capacity.end());
    std::vector<const char*> outputs;
    for (const std::string& name : arguments.only) outputs.push_back(name.c_str());

    std::vector<Row> rows;
    model.plan(sizes, outputs, add_row, &rows);
    if (arguments.measure) measure(rows, model, arguments, capacity, outputs, first, later);
    if (arguments.json)
        print_json(rows, model, device.info(), later, arguments.measure);
    else
        print_table(rows, arguments.measure);
    return exit_ok;
}

}  // namespace hekla::tool
