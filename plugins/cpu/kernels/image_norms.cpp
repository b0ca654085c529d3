// SPDX-License-Identifier: MIT
// Norms of images and signals. x, y: [batch, channels, places], contiguous; weights: [channels].
#include "activations.hpp"
#include "kernel.hpp"

#include <algorithm>
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
          has_weight(words.flag("has_weight")),
          epilogue{words.integer("act"), words.real("slope")} {}

    void run(Memory& memory) const {
        if (!epilogue.is_known()) memory.fail("there is no such act");
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
                to[i] = static_cast<float>(epilogue(value));
            }
        }
    }

    Tensor x, weight, bias, y;
    std::uint32_t runs, groups, channels, places;
    float eps;
    bool has_weight;
    Epilogue epilogue;
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
          eps(words.real("eps")),
          epilogue{words.integer("act"), words.real("slope")} {}

    void run(Memory& memory) const {
        if (!epilogue.is_known()) memory.fail("there is no such act");
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
            to[i] = static_cast<float>(epilogue(away / deviation * static_cast<double>(scale[c]) +
                                                static_cast<double>(offset[c])));
        }
    }

    Tensor x, weight, bias, running_mean, running_var, y;
    std::uint32_t count, channels, places;
    float eps;
    Epilogue epilogue;
};

/// Of every part of a run: its mean, less the run's first value, and the sum of squares about the mean. x: [runs, size]; a run has
/// parts of `step` values, the last may be shorter; y: [runs, parts, 2].
struct NormMoments {
    explicit NormMoments(Words& words)
        : x(words.tensor("x")),
          y(words.tensor("y")),
          runs(words.integer("runs")),
          size(words.integer("size")),
          step(words.integer("step")),
          parts(words.integer("parts")) {}

    void run(Memory& memory) const {
        const float* from = memory.input(x, std::uint64_t{runs} * size);
        float* to = memory.output(y, std::uint64_t{runs} * parts * 2);
        for (std::size_t r = 0; r < runs; ++r, from += size) {
            for (std::size_t part = 0; part < parts; ++part, to += 2) {
                const std::size_t begin = part * step;
                const std::size_t end = std::min<std::size_t>(begin + step, size);
                double mean = 0.0, squares = 0.0;
                for (std::size_t i = begin; i < end; ++i) mean += static_cast<double>(from[i]);
                mean /= static_cast<double>(end - begin);
                for (std::size_t i = begin; i < end; ++i) {
                    const double away = static_cast<double>(from[i]) - mean;
                    squares += away * away;
                }
                to[0] = static_cast<float>(mean - static_cast<double>(from[0]));
                to[1] = static_cast<float>(squares);
            }
        }
    }

    Tensor x, y;
    std::uint32_t runs, size, step, parts;
};

/// Group norm of x: [batch, channels, places] by the moments of its groups' parts: [batch, all_groups, parts, 2], of which x has the
/// groups from first_group on.
struct NormApply {
    explicit NormApply(Words& words)
        : x(words.tensor("x")),
          moments(words.tensor("moments")),
          weight(words.tensor("weight")),
          bias(words.tensor("bias")),
          y(words.tensor("y")),
          planes(words.integer("planes")),
          channels(words.integer("channels")),
          places(words.integer("places")),
          stretch(words.integer("stretch")),
          groups(words.integer("groups")),
          all_groups(words.integer("all_groups")),
          first_group(words.integer("first_group")),
          step(words.integer("step")),
          parts(words.integer("parts")),
          eps(words.real("eps")),
          has_weight(words.flag("has_weight")),
          epilogue{words.integer("act"), words.real("slope")} {}

    void run(Memory& memory) const {
        if (!epilogue.is_known()) memory.fail("there is no such act");
        const std::uint32_t batch = planes / channels, in_group = channels / groups;
        const float* from = memory.input(x, std::uint64_t{planes} * places);
        const float* part = memory.input(moments, std::uint64_t{batch} * all_groups * parts * 2);
        const float* scale = has_weight ? memory.input(weight, channels) : nullptr;
        const float* offset = has_weight ? memory.input(bias, channels) : nullptr;
        float* to = memory.output(y, std::uint64_t{planes} * places);
        const std::uint64_t size = std::uint64_t{in_group} * places;
        for (std::size_t b = 0; b < batch; ++b) {
            for (std::size_t g = 0; g < groups; ++g, from += size, to += size) {
                const float* own = part + (b * all_groups + first_group + g) * parts * 2;
                const auto count = [&](std::size_t i) {
                    return static_cast<double>(std::min<std::uint64_t>(step, size - i * step));
                };
                double mean = 0.0, squares = 0.0;
                for (std::size_t i = 0; i < parts; ++i)
                    mean += count(i) * static_cast<double>(own[2 * i]);
                mean /= static_cast<double>(size);
                for (std::size_t i = 0; i < parts; ++i) {
                    const double apart = static_cast<double>(own[2 * i]) - mean;
                    squares += static_cast<double>(own[2 * i + 1]) + count(i) * apart * apart;
                }
                const double middle = mean + static_cast<double>(from[0]);
                const double deviation =
                    std::sqrt(squares / static_cast<double>(size) + static_cast<double>(eps));
                for (std::size_t i = 0; i < size; ++i) {
                    double value = (static_cast<double>(from[i]) - middle) / deviation;
                    const std::size_t c = g * in_group + i / places;
                    if (has_weight) {
                        value =
                            value * static_cast<double>(scale[c]) + static_cast<double>(offset[c]);
                    }
                    to[i] = static_cast<float>(epilogue(value));
                }
            }
        }
    }

    Tensor x, moments, weight, bias, y;
    std::uint32_t planes, channels, places, stretch, groups, all_groups, first_group, step, parts;
    float eps;
    bool has_weight;
    Epilogue epilogue;
};

constexpr Kernel kernels[] = {
    kernel<BatchNorm>("batch_norm"),     kernel<GroupNorm>("group_norm"),
    kernel<GroupNorm>("instance_norm"),  kernel<NormApply>("norm_apply"),
    kernel<NormMoments>("norm_moments"),
};

}  // namespace

std::span<const Kernel> image_norm_kernels() { return kernels; }

}  // namespace hekla::cpu
