// SPDX-License-Identifier: MIT
#include "predicted.hpp"

#include <algorithm>
#include <cmath>

namespace hekla::diffusion {
namespace {

/// The value below which a share q of the numbers lies, interpolated between neighbours.
double quantile(std::vector<double> numbers, double q) {
    std::sort(numbers.begin(), numbers.end());
    const double at = q * static_cast<double>(numbers.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const double low = numbers[below], high = numbers[std::min(below + 1, numbers.size() - 1)];
    return low + (at - static_cast<double>(below)) * (high - low);
}

}  // namespace

Values predicted_clean(Prediction prediction, double alpha, double sigma, const Values& sample,
                       const Values& output) {
    switch (prediction) {
        case Prediction::noise:
            return combine({{1 / alpha, sample}, {-sigma / alpha, output}});
        case Prediction::velocity:
            return combine({{alpha, sample}, {-sigma, output}});
        case Prediction::flow:
            return combine({{1, sample}, {-sigma, output}});
        case Prediction::sample:
            break;
    }
    return output;
}

Values predicted_noise(Prediction prediction, double alpha, double sigma, const Values& sample,
                       const Values& output) {
    switch (prediction) {
        case Prediction::velocity:
            return combine({{alpha, output}, {sigma, sample}});
        case Prediction::flow:
            return combine({{1, sample}, {1 - sigma, output}});
        case Prediction::sample:
            return combine({{1 / sigma, sample}, {-alpha / sigma, output}});
        case Prediction::noise:
            break;
    }
    return output;
}

Values predicted_clean_unscaled(Prediction prediction, double sigma, const Values& sample,
                                const Values& output) {
    const double alpha = 1 / std::sqrt(sigma * sigma + 1);
    if (prediction == Prediction::velocity)
        return combine({{alpha * alpha, sample}, {-sigma * alpha, output}});
    return predicted_clean(prediction, 1, sigma, sample, output);
}

void keep_in_bounds(const SchedulerConfig& config, std::size_t images, Values& clean) {
    if (config.threshold) {
        const std::size_t count = clean.size() / images;
        for (std::size_t b = 0; b < images; ++b) {
            const auto first = clean.begin() + static_cast<std::ptrdiff_t>(b * count);
            std::vector<double> sizes(first, first + static_cast<std::ptrdiff_t>(count));
            for (double& x : sizes) x = std::fabs(x);
            const double bound =
                std::min(std::max(quantile(std::move(sizes), config.threshold_ratio), 1.0),
                         config.threshold_max);
            for (std::size_t i = 0; i < count; ++i)
                first[static_cast<std::ptrdiff_t>(i)] =
                    std::clamp(first[static_cast<std::ptrdiff_t>(i)], -bound, bound) / bound;
        }
    } else if (config.clip) {
        for (double& x : clean) x = std::clamp(x, -config.clip_range, config.clip_range);
    }
}

}  // namespace hekla::diffusion
