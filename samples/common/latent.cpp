// SPDX-License-Identifier: MIT
#include "latent.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "random.hpp"

namespace hekla::host {

Latent random_latent(std::uint64_t seed, std::uint64_t index, std::size_t size) {
    Latent out;
    out.values.resize(size);
    Random(seed, index).fill_normal(out.values);
    return out;
}

Latent between(const Latent& a, const Latent& b, double t) {
    double dot = 0, a_length = 0, b_length = 0;
    for (std::size_t i = 0; i < a.values.size(); ++i) {
        dot += double{a.values[i]} * b.values[i];
        a_length += double{a.values[i]} * a.values[i];
        b_length += double{b.values[i]} * b.values[i];
    }
    const double lengths = std::sqrt(a_length * b_length);
    const double angle = lengths > 0 ? std::acos(std::clamp(dot / lengths, -1.0, 1.0)) : 0;
    double a_share = 1 - t, b_share = t;
    if (std::sin(angle) > 1e-4) {
        a_share = std::sin((1 - t) * angle) / std::sin(angle);
        b_share = std::sin(t * angle) / std::sin(angle);
    }
    Latent out;
    out.label = t <= 0.5 ? a.label : b.label;
    out.values.reserve(a.values.size());
    for (std::size_t i = 0; i < a.values.size(); ++i)
        out.values.push_back(static_cast<float>(a_share * a.values[i] + b_share * b.values[i]));
    return out;
}

std::vector<Latent> interpolated(std::span<const Latent> waypoints, std::size_t steps) {
    if (waypoints.size() < 2 || steps < 2)
        throw std::logic_error("a way has two ends, and both are shown");
    std::vector<Latent> out;
    for (std::size_t way = 0; way + 1 < waypoints.size(); ++way)
        for (std::size_t i = 0; i < steps; ++i)
            out.push_back(between(waypoints[way], waypoints[way + 1],
                                  static_cast<double>(i) / static_cast<double>(steps - 1)));
    return out;
}

}  // namespace hekla::host
