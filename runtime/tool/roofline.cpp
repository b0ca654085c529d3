// SPDX-License-Identifier: MIT
#include "tool/roofline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hekla::tool {
namespace {

double median(const NodeCost& node) { return quantile(node.milliseconds, 0.5); }

double total(const std::vector<NodeCost>& nodes) {
    double sum = 0;
    for (const NodeCost& node : nodes) sum += median(node);
    return std::max(sum, 1e-9);
}

double memory_ms(const NodeCost& node, const DeviceLimits& limits) {
    return node.bytes / limits.read_bytes_per_second * 1e3;
}

double arithmetic_ms(const NodeCost& node, const DeviceLimits& limits) {
    return node.flops / limits.flops_per_second * 1e3;
}

const char* bound(const NodeCost& node, const DeviceLimits& limits) {
    return memory_ms(node, limits) >= arithmetic_ms(node, limits) ? "memory" : "arithmetic";
}

/// A share of the limit that the node reached, in percent.
double reached(const NodeCost& node, const DeviceLimits& limits) {
    return 100 * least_milliseconds(node, limits) / std::max(median(node), 1e-9);
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) out += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
    return out;
}

/// The plot: decades of operations a byte (x) and of GFLOP/s (y) on a drawing of fixed size.
struct Plot {
    static constexpr double width = 860, height = 520, left = 70, right = 30, top = 50, bottom = 50;
    double x0, x1, y0, y1;  // powers of ten

    double x(double intensity) const {
        const double at = (std::log10(intensity) - x0) / (x1 - x0);
        return left + std::clamp(at, 0.0, 1.0) * (width - left - right);
    }
    double y(double gflops) const {
        const double at = (std::log10(gflops) - y0) / (y1 - y0);
        return height - bottom - std::clamp(at, 0.0, 1.0) * (height - top - bottom);
    }
};

std::string axes(const Plot& plot) {
    std::string out;
    const double floor = Plot::height - Plot::bottom;
    for (double power = plot.x0; power <= plot.x1; ++power) {
        const double x = plot.x(std::pow(10, power));
        out += fmt::format(
            "<path class='grid' d='M{0:.1f} {1}V{2}'/><text x='{0:.1f}' y='{3}' "
            "text-anchor='middle'>{4:g}</text>\n",
            x, Plot::top, floor, floor + 18, std::pow(10, power));
    }
    for (double power = plot.y0; power <= plot.y1; ++power) {
        const double y = plot.y(std::pow(10, power));
        out += fmt::format(
            "<path class='grid' d='M{1} {0:.1f}H{2}'/><text x='{3}' y='{4:.1f}' "
            "text-anchor='end'>{5:g}</text>\n",
            y, Plot::left, Plot::width - Plot::right, Plot::left - 8, y + 4, std::pow(10, power));
    }
    out += fmt::format("<text x='{}' y='{}' text-anchor='middle'>operations a byte</text>\n",
                       Plot::width / 2, Plot::height - 10);
    out += fmt::format(
        "<text transform='translate(18 {}) rotate(-90)' text-anchor='middle'>GFLOP/s</text>\n",
        Plot::height / 2);
    return out;
}

}  // namespace

double least_milliseconds(const NodeCost& node, const DeviceLimits& limits) {
    return std::max(memory_ms(node, limits), arithmetic_ms(node, limits));
}

std::string roofline_table(const std::vector<NodeCost>& nodes, const DeviceLimits& limits) {
    const double sum = total(nodes);
    std::string out = fmt::format(
        "limits of the device, measured: {:.1f} GB/s read, {:.1f} GFLOP/s of f32 multiplications "
        "and additions\n",
        limits.read_bytes_per_second * 1e-9, limits.flops_per_second * 1e-9);
    out += fmt::format("{:<36} {:<28} {:>5} {:>9} {:>6} {:>8} {:>9} {:>8}  {}\n", "node", "kernel",
                       "calls", "ms", "share", "GB/s", "GFLOP/s", "reached", "bound by");
    for (const NodeCost& node : nodes) {
        const double ms = std::max(median(node), 1e-9);
        out += fmt::format(
            "{:<36} {:<28} {:>5} {:>9.3f} {:>5.1f}% {:>8.2f} {:>9.2f} {:>7.1f}%  {}\n", node.node,
            node.kernel, node.calls, ms, 100 * ms / sum, node.bytes / ms * 1e-6,
            node.flops / ms * 1e-6, reached(node, limits), bound(node, limits));
    }
    return out;
}

nlohmann::ordered_json roofline_json(const std::vector<NodeCost>& nodes,
                                     const DeviceLimits& limits) {
    auto list = nlohmann::ordered_json::array();
    for (const NodeCost& node : nodes)
        list.push_back({{"node", node.node},
                        {"kernel", node.kernel},
                        {"calls", node.calls},
                        {"median_ms", median(node)},
                        {"p95_ms", quantile(node.milliseconds, 0.95)},
                        {"bytes", node.bytes},
                        {"flops", node.flops},
                        {"least_ms", least_milliseconds(node, limits)},
                        {"bound", bound(node, limits)}});
    return {{"read_bytes_per_second", limits.read_bytes_per_second},
            {"flops_per_second", limits.flops_per_second},
            {"nodes", std::move(list)}};
}

std::string roofline_svg(const std::string& title, const std::vector<NodeCost>& nodes,
                         const DeviceLimits& limits) {
    const double peak = limits.flops_per_second * 1e-9,
                 bandwidth = limits.read_bytes_per_second * 1e-9;
    const double ridge = peak / bandwidth;
    Plot plot{std::floor(std::log10(ridge)) - 2, std::ceil(std::log10(ridge)) + 2,
              std::floor(std::log10(peak)) - 3, std::ceil(std::log10(peak))};
    std::string out = fmt::format(
        "<svg xmlns='http://www.w3.org/2000/svg' width='{0}' height='{1}' viewBox='0 0 {0} {1}' "
        "font-family='sans-serif' font-size='12'>\n"
        "<style>.grid{{stroke:#ddd;fill:none}}.roof{{stroke:#c33;stroke-width:2;fill:none}}.node{{"
        "fill:#36c;fill-opacity:.5;stroke:#36c}}</style>\n"
        "<rect width='100%' height='100%' fill='#fff'/>\n<text x='{2}' y='24' "
        "font-size='15'>{3}</text>\n",
        Plot::width, Plot::height, Plot::left, escaped(title));
    out += axes(plot);
    const double lowest = std::pow(10, plot.x0);
    out += fmt::format("<path class='roof' d='M{:.1f} {:.1f}L{:.1f} {:.1f}H{:.1f}'/>\n",
                       plot.x(lowest), plot.y(lowest * bandwidth), plot.x(ridge), plot.y(peak),
                       Plot::width - Plot::right);
    out += fmt::format(
        "<text x='{:.1f}' y='{:.1f}' text-anchor='end' fill='#c33'>{:.0f} GFLOP/s, {:.0f} "
        "GB/s</text>\n",
        Plot::width - Plot::right, plot.y(peak) - 6, peak, bandwidth);
    const double sum = total(nodes);
    constexpr std::size_t labelled = 10;  // more would hide each other
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const NodeCost& node = nodes[i];
        if (node.flops <= 0 || node.bytes <= 0)
            continue;  // what only moves data has no place in it
        const double x = plot.x(node.flops / node.bytes),
                     y = plot.y(node.flops / std::max(median(node), 1e-9) * 1e-6);
        const double radius = 3 + 40 * std::sqrt(median(node) / sum);
        out += fmt::format(
            "<circle class='node' cx='{:.1f}' cy='{:.1f}' r='{:.1f}'><title>{} ({}): {:.3f} ms, "
            "{:.0f}% of the limit</title></circle>\n",
            x, y, radius, escaped(node.node), escaped(node.kernel), median(node),
            reached(node, limits));
        if (i < labelled)
            out += fmt::format("<text x='{:.1f}' y='{:.1f}' text-anchor='middle'>{}</text>\n", x,
                               y + radius + 12, escaped(node.node));
    }
    return out + "</svg>\n";
}

}  // namespace hekla::tool
