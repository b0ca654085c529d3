// SPDX-License-Identifier: MIT
#include "spacing.hpp"

#include <algorithm>
#include <cmath>

namespace hekla::diffusion {
namespace {

/// From `last` down in steps of train_steps / steps, rounded to even halves, less one.
std::vector<double> trailing(int train_steps, int steps, int last) {
    const double ratio = static_cast<double>(train_steps) / steps;
    std::vector<double> out;
    const auto count = static_cast<int>(std::ceil((0.0 - last) / -ratio));
    const double step = (last - ratio) - last;  // as rounded where the first two are
    for (int i = 0; i < count; ++i) out.push_back(std::nearbyint(last + i * step) - 1);
    return out;
}

}  // namespace

std::vector<double> linspace(double from, double to, int count) {
    std::vector<double> out;
    const double step = count > 1 ? (to - from) / (count - 1) : 0;
    for (int i = 0; i < count; ++i) out.push_back(i * step + from);
    if (count > 1) out.back() = to;
    return out;
}

std::vector<double> spaced_timesteps(const SchedulerConfig& config, int steps, bool whole) {
    const int train = config.train_steps;
    if (config.spacing == Spacing::trailing) return trailing(train, steps, train);
    std::vector<double> out;
    if (config.spacing == Spacing::leading)
        for (int i = 0; i < steps; ++i) out.push_back(i * (train / steps) + config.steps_offset);
    else
        for (const double t : linspace(0, train - 1, steps))
            out.push_back(whole ? std::nearbyint(t) : static_cast<float>(t));
    std::reverse(out.begin(), out.end());
    return out;
}

std::vector<double> solver_timesteps(const SchedulerConfig& config, int steps, int last) {
    if (config.spacing == Spacing::trailing) return trailing(config.train_steps, steps, last);
    std::vector<double> out;
    if (config.spacing == Spacing::leading)
        for (int i = 0; i <= steps; ++i)
            out.push_back(i * (last / (steps + 1)) + config.steps_offset);
    else
        for (const double t : linspace(0, last - 1, steps + 1)) out.push_back(std::nearbyint(t));
    std::reverse(out.begin(), out.end());
    out.pop_back();
    return out;
}

double interpolate(const std::vector<float>& table, double at) {
    const auto last = static_cast<double>(table.size() - 1);
    if (!(at > 0)) return table.front();
    if (at >= last) return table.back();
    const auto below = static_cast<std::size_t>(at);
    const double low = table[below], high = table[below + 1];
    return (high - low) * (at - static_cast<double>(below)) + low;
}

}  // namespace hekla::diffusion
