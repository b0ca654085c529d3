// SPDX-License-Identifier: MIT
// Norms of images and signals. x, y: [batch, channels, places], contiguous; weights: [channels].
#include "kernel.hpp"

#include <cmath>

namespace hekla::cpu {

namespace {

/// (x - mean) / sqrt(var + eps) * weight + bias, where mean and var (without Bessel's correction) are those of one run of
/// `channels` channels; there are `groups` runs in an image, `runs` in all (Wu and He 2018, arXiv 1803.08494). One channel a run is
/// instance norm (Ulyanov et al. 2016, arXiv 1607.08022).
struct GroupNorm {
    explicit GroupNorm(Words& words)
        : x(words.tensor("x")),
          weight(words.tensor("weight")),
          bias(words.tensor("bias")),
          y(words.tensor("y")),
          runs(words.integer("runs")),
          groups(words.integer("groups")),
          channels(words.integer("channels")),
          places(words.integer("places")),
          eps(words.real("eps")),
          has_weight(words.flag("has_weight")) {}

    void run(Memory& memory) const {
        const std::uint64_t size = std::uint64_t{channels} * places;
        const float* from = memory.input(x, runs * size);
        const std::uint64_t all_channels = std::uint64_t{groups} * channels;
        const float* scale = has_weight ? memory.input(weight, all_channels) : nullptr;
        const float* offset = has_weight ? memory.input(bias, all_channels) : nullptr;
        float* to = memory.output(y, runs * size);
        for (std::size_t r = 0; r < runs; ++r, from += size, to += size) {
            double mean = 0.0;
            for (std::size_t i = 0; i < size; ++i) mean += static_cast<double>(from[i]);
            mean /= static_cast<double>(size);
            double variance = 0.0;
            for (std::size_t i = 0; i < size; ++i) {
                const double away = static_cast<double>(from[i]) - mean;
                variance += away * away;
            }
            variance /= static_cast<double>(size);
            const double deviation = std::sqrt(variance + static_cast<double>(eps));
            for (std::size_t i = 0; i < size; ++i) {
                const std::size_t channel = r % groups * channels + i / places;
                double value = (static_cast<double>(from[i]) - mean) / deviation;
                if (has_weight) {
                    value = value * static_cast<double>(scale[channel]) +
                            static_cast<double>(offset[channel]);
                }
                to[i] = static_cast<float>(value);
            }
        }
    }

    Tensor x, weight, bias, y;
    std::uint32_t runs, groups, channels, places;
    float eps;
    bool has_weight;
};

/// (x - running_mean) / sqrt(running_var + eps) * weight + bias (Ioffe and Szegedy 2015, arXiv 1502.03167). count is all of x.
struct BatchNorm {
    explicit BatchNorm(Words& words)
        : x(words.tensor("x")),
          weight(words.tensor("weight")),
          bias(words.tensor("bias")),
          running_mean(words.tensor("running_mean")),
          running_var(words.tensor("running_var")),
          y(words.tensor("y")),
          count(words.integer("count")),
          channels(words.integer("channels")),
          places(words.integer("places")),
          eps(words.real("eps")) {}

    void run(Memory& memory) const {
        const float* from = memory.input(x, count);
        const float* scale = memory.input(weight, channels);
        const float* offset = memory.input(bias, channels);
        const float* mean = memory.input(running_mean, channels);
        const float* variance = memory.input(running_var, channels);
        float* to = memory.output(y, count);
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t c = i / places % channels;
            const double deviation =
                std::sqrt(static_cast<double>(variance[c]) + static_cast<double>(eps));
            const double away = static_cast<double>(from[i]) - static_cast<double>(mean[c]);
            to[i] = static_cast<float>(away / deviation * static_cast<double>(scale[c]) +
                                       static_cast<double>(offset[c]));
        }
    }

    Tensor x, weight, bias, running_mean, running_var, y;
    std::uint32_t count, channels, places;
    float eps;
};

constexpr Kernel kernels[] = {
    kernel<BatchNorm>("batch_norm"),
    kernel<GroupNorm>("group_norm"),
    kernel<GroupNorm>("instance_norm"),
};

}  // namespace

std::span<const Kernel> image_norm_kernels() { return kernels; }

}  // namespace hekla::cpu
