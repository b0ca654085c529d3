// SPDX-License-Identifier: MIT
#include "tool/trace.hpp"

#include "base/file.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>

namespace hekla::tool {

void write_trace(const Context& context, const std::string& process, const std::string& path) {
    const hekla_trace_step* steps = nullptr;
    std::uint32_t count = 0;
    detail::checked(
        [&](hekla_error* e) { return hekla_context_trace(context.get(), &steps, &count, e); });
    std::uint64_t origin = ~std::uint64_t{0};
    for (std::uint32_t i = 0; i < count; ++i) origin = std::min(origin, steps[i].begin_ns);
    auto events = nlohmann::ordered_json::array();
    events.push_back({{"ph", "M"},
                      {"pid", 1},
                      {"tid", 1},
                      {"name", "process_name"},
                      {"args", {{"name", process}}}});
    for (std::uint32_t i = 0; i < count; ++i) {
        // Microseconds, as the format wants them; fractions keep the nanoseconds.
        const double begin = static_cast<double>(steps[i].begin_ns - origin) / 1000,
                     length = static_cast<double>(steps[i].end_ns - steps[i].begin_ns) / 1000;
        events.push_back({{"ph", "X"},
                          {"pid", 1},
                          {"tid", 1},
                          {"ts", begin},
                          {"dur", length},
                          {"name", steps[i].node},
                          {"cat", steps[i].kernel},
                          {"args", {{"kernel", steps[i].kernel}, {"step", i}}}});
    }
    const nlohmann::ordered_json out = {{"displayTimeUnit", "ns"},
                                        {"traceEvents", std::move(events)}};
    write_file_atomically(path, std::string_view(out.dump(1)));
}

}  // namespace hekla::tool
