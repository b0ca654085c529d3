// SPDX-License-Identifier: MIT
// Norms over the last axis. x, y: [d0, d1, d2, k]; weight, bias: [k]. rows = d0 d1 d2.
#include "activations.hpp"
#include "kernel.hpp"

#include <cmath>

namespace hekla::cpu {

namespace {

/// Sizes of a block that says `rows` and `k`.
Sizes<4> row_sizes(const Memory& memory, std::uint32_t rows, std::uint32_t d1, std::uint32_t d2,
                   std::uint32_t k) {
    const Sizes<4> leading = memory.sizes(rows, d1, d2, 1);
    return {leading[0], d1, d2, k};
}

/// (x - mean) / sqrt(var + eps) * weight + bias, var without Bessel's correction (Ba et al. 2016, arXiv 1607.06450).
struct LayerNorm {
    explicit LayerNorm(Words& words)
        : x(words.strided<4>("x")),
          weight(words.tensor("weight")),
          bias(words.tensor("bias")),
          y(words.strided<4>("y")),
          rows(words.integer("rows")),
          k(words.integer("k")),
          d1(words.integer("d1")),
          d2(words.integer("d2")),
          eps(words.real("eps")),
          epilogue{words.integer("act"), words.real("slope")} {}

    void run(Memory& memory) const {
        if (!epilogue.is_known()) memory.fail("there is no such act");
        const Sizes<4> sizes = row_sizes(memory, rows, d1, d2, k);
        const auto from = memory.input(x, sizes);
        const float* scale = memory.input(weight, k);
        const float* shift = memory.input(bias, k);
        const auto to = memory.output(y, sizes);
        for_each_row(sizes, [&](std::size_t i0, std::size_t i1, std::size_t i2) {
            const float* in = from.row(i0, i1, i2);
            float* out = to.row(i0, i1, i2);
            double mean = 0.0;
            for (std::size_t i = 0; i < k; ++i) mean += static_cast<double>(in[i * from.step()]);
            mean /= k;
            double variance = 0.0;
            for (std::size_t i = 0; i < k; ++i) {
                const double away = static_cast<double>(in[i * from.step()]) - mean;
                variance += away * away;
            }
            variance /= k;
            const double factor = 1.0 / std::sqrt(variance + static_cast<double>(eps));
            for (std::size_t i = 0; i < k; ++i) {
                const double away = static_cast<double>(in[i * from.step()]) - mean;
                out[i * to.step()] = static_cast<float>(epilogue(
                    away * factor * static_cast<double>(scale[i]) + static_cast<double>(shift[i])));
            }
        });
    }

    Strided<4> x;
    Tensor weight, bias;
    Strided<4> y;
    std::uint32_t rows, k, d1, d2;
    float eps;
    Epilogue epilogue;
};

/// x / sqrt(mean(x^2) + eps) * (weight + offset) (Zhang and Sennrich 2019, arXiv 1910.07467); without weight the factor is 1.
struct RmsNorm {
    explicit RmsNorm(Words& words)
        : x(words.strided<4>("x")),
          weight(words.tensor("weight")),
          y(words.strided<4>("y")),
          rows(words.integer("rows")),
          k(words.integer("k")),
          d1(words.integer("d1")),
          d2(words.integer("d2")),
          eps(words.real("eps")),
          offset(words.real("offset")),
          has_weight(words.flag("has_weight")),
          epilogue{words.integer("act"), words.real("slope")} {}

    void run(Memory& memory) const {
        if (!epilogue.is_known()) memory.fail("there is no such act");
        const Sizes<4> sizes = row_sizes(memory, rows, d1, d2, k);
        const auto from = memory.input(x, sizes);
        const float* scale = has_weight ? memory.input(weight, k) : nullptr;
        const auto to = memory.output(y, sizes);
        for_each_row(sizes, [&](std::size_t i0, std::size_t i1, std::size_t i2) {
            const float* in = from.row(i0, i1, i2);
            float* out = to.row(i0, i1, i2);
            double squares = 0.0;
            for (std::size_t i = 0; i < k; ++i) {
                const auto value = static_cast<double>(in[i * from.step()]);
                squares += value * value;
            }
            const double factor = 1.0 / std::sqrt(squares / k + static_cast<double>(eps));
            for (std::size_t i = 0; i < k; ++i) {
                double value = static_cast<double>(in[i * from.step()]) * factor;
                if (scale != nullptr) {
                    value *= static_cast<double>(scale[i]) + static_cast<double>(offset);
                }
                out[i * to.step()] = static_cast<float>(epilogue(value));
            }
        });
    }

    Strided<4> x;
    Tensor weight;
    Strided<4> y;
    std::uint32_t rows, k, d1, d2;
    float eps, offset;
    bool has_weight;
    Epilogue epilogue;
};

constexpr Kernel kernels[] = {
    kernel<LayerNorm>("layer_norm"),
    kernel<RmsNorm>("rms_norm"),
};

}  // namespace

std::span<const Kernel> norm_kernels() { return kernels; }

}  // namespace hekla::cpu
