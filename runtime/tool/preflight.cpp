// SPDX-License-Identifier: MIT
#include "tool/tool.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace hekla::tool {

int preflight(const ModelArguments& arguments, const std::vector<std::string>& dims, bool json) {
    const Runtime runtime = open_runtime(arguments);
    const Device device = open_device(runtime, arguments);
    const Model model = load_model(device, arguments, 0, true);
    const Sizes sizes = parse_sizes(dims);
    std::vector<hekla_dim_value> values;
    for (const auto& [name, value] : sizes) values.push_back({name.c_str(), value});
    const hekla_memory_report report = model.memory(values);
    const std::uint64_t allowed =
        arguments.max_memory.empty() ? report.available_bytes : parse_bytes(arguments.max_memory);
    const bool fits = allowed == 0 || report.peak_bytes <= allowed;
    if (json) {
        const nlohmann::ordered_json out = {{"model", model.name()},
                                            {"device", device.info().id},
                                            {"dims", sizes},
                                            {"peak_bytes", report.peak_bytes},
                                            {"weight_bytes", report.weight_bytes},
                                            {"state_bytes", report.state_bytes},
                                            {"arena_bytes", report.arena_bytes},
                                            {"io_bytes", report.io_bytes},
                                            {"allowed_bytes", allowed},
                                            {"fits", fits},
                                            {"dispatches", report.dispatch_count}};
        fmt::print("{}\n", out.dump(2));
        return fits ? exit_ok : exit_failed;
    }
    const auto mib = [](std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); };
    fmt::print("{} on {}: {:.1f} MiB at most, of {:.1f} MiB {}\n", model.name(), device.info().id,
               mib(report.peak_bytes), mib(allowed), fits ? "free" : "free: it does not fit");
    fmt::print("  weights     {:10.1f} MiB\n  state       {:10.1f} MiB\n", mib(report.weight_bytes),
               mib(report.state_bytes));
    fmt::print("  activations {:10.1f} MiB   ({:.1f} without reuse)\n  host-visible{:10.1f} MiB\n",
               mib(report.arena_bytes), mib(report.arena_sum_bytes), mib(report.io_bytes));
    return fits ? exit_ok : exit_failed;
}

}  // namespace hekla::tool
