// SPDX-License-Identifier: MIT
// x W^T + b and its fused forms. x: [rows, k]; W: [out, k] (layout 0, oi) or [k, out] (layout 1, io), raw; b: [out].
// Weights are widened once per chunk of rows; all sums are in double precision and each result is rounded once.
#include "activations.hpp"
#include "kernel.hpp"
#include "loops.hpp"

#include <algorithm>

namespace hekla::cpu {

namespace {

struct Shape {
    std::uint32_t rows, k, out;
};

/// A raw weight matrix of [out, k], whichever way it lies.
class Matrix {
  public:
    Matrix(const Memory& memory, const Tensor& tensor, std::uint32_t stored, std::uint32_t layout,
           const Shape& shape)
        : stored_(memory.stored(tensor, stored, std::uint64_t{shape.k} * shape.out)),
          transposed_(layout == 1),
          k_(shape.k),
          out_(shape.out) {
        if (layout > 1) memory.fail("layout is word " + std::to_string(layout) + " of 2");
    }

    /// How many outputs are computed together: one row of oi, a panel of io.
    std::size_t group() const { return transposed_ ? panel_columns : 1; }

    /// to[r * group() + o] = x[r] . output first + o, for r in [0, rows), o in [0, outputs). x: [rows, padded(k)];
    /// `unpacked`: room for group() * padded(k).
    void multiply(const double* x, std::size_t rows, std::size_t first, std::size_t outputs,
                  double* unpacked, double* to) const {
        const std::size_t length = padded(k_);
        if (!transposed_) {
            widen(stored_, first * k_, k_, 1, k_, unpacked, length);
            dots(unpacked, x, rows, length, to);
            return;
        }
        widen(stored_, first, out_, k_, outputs, unpacked, panel_columns);
        for (std::size_t r = 0; r < rows; ++r) {
            column_dots(x + r * length, unpacked, k_, to + r * panel_columns);
        }
    }

  private:
    Stored stored_;
    bool transposed_;
    std::size_t k_;
    std::size_t out_;
};

/// Rows of x that are held widened: about a megabyte.
std::size_t chunk_rows(const Shape& shape) {
    const std::size_t fitting = (std::size_t{1} << 17) / std::max<std::size_t>(padded(shape.k), 1);
    return std::min<std::size_t>(std::max<std::size_t>(fitting, 8), shape.rows);
}

/// Calls finish(row, output, sums) once for each element, with one product per matrix: sums[m] = x[row] . matrices[m][output].
template <std::size_t matrix_count, class Finish>
void project(Memory& memory, const View<const float, 2>& x, const Shape& shape,
             const std::array<Matrix, matrix_count>& matrices, Finish finish) {
    const std::size_t length = padded(shape.k);
    const std::size_t chunk = chunk_rows(shape);
    const std::size_t group = matrices[0].group();
    const std::size_t tile = padded(chunk * group);
    double* wide = memory.scratch((chunk + group) * length + matrix_count * tile);
    double* unpacked = wide + chunk * length;
    double* products = unpacked + group * length;

    for (std::size_t top = 0; top < shape.rows; top += chunk) {
        const std::size_t rows = std::min<std::size_t>(chunk, shape.rows - top);
        for (std::size_t r = 0; r < rows; ++r) {
            widen(x.row(top + r), x.step(), shape.k, wide + r * length);
        }
        for (std::size_t left = 0; left < shape.out; left += group) {
            const std::size_t outputs = std::min<std::size_t>(group, shape.out - left);
            for (std::size_t m = 0; m < matrix_count; ++m) {
                matrices[m].multiply(wide, rows, left, outputs, unpacked, products + m * tile);
            }
            for (std::size_t r = 0; r < rows; ++r) {
                for (std::size_t o = 0; o < outputs; ++o) {
                    std::array<double, matrix_count> sums;
                    for (std::size_t m = 0; m < matrix_count; ++m) {
                        sums[m] = products[m * tile + r * group + o];
                    }
                    finish(top + r, left + o, sums);
                }
            }
        }
    }
}

double at(const float* bias, std::size_t index) {
    return bias == nullptr ? 0.0 : static_cast<double>(bias[index]);
}

Activation activation(const Memory& memory, std::uint32_t word) {
    if (word >= activation_count) {
        memory.fail("act is word " + std::to_string(word) + " of " +
                    std::to_string(activation_count));
    }
    return static_cast<Activation>(word);
}

/// y = x W^T + b.
struct Linear {
    explicit Linear(Words& words)
        : x(words.strided<2>("x")),
          weight(words.tensor("weight")),
          bias(words.tensor("bias")),
          y(words.strided<2>("y")),
          rows(words.integer("rows")),
          k(words.integer("k")),
          out_size(words.integer("out_size")),
          layout(words.integer("layout_word")),
          stored(words.integer("stored")),
          has_bias(words.flag("has_bias")) {}

    void run(Memory& memory) const {
        const Shape shape{rows, k, out_size};
        const auto from = memory.input(x, Sizes<2>{rows, k});
        const float* shift = has_bias ? memory.input(bias, out_size) : nullptr;
        const auto to = memory.output(y, Sizes<2>{rows, out_size});
        const std::array matrices = {Matrix(memory, weight, stored, layout, shape)};
        project(memory, from, shape, matrices,
                [&](std::size_t row, std::size_t o, const std::array<double, 1>& sums) {
                    to.row(row)[o * to.step()] = static_cast<float>(sums[0] + at(shift, o));
                });
    }

    Strided<2> x;
    Tensor weight, bias;
    Strided<2> y;
    std::uint32_t rows, k, out_size, layout, stored;
    bool has_bias;
};

/// y = act(x W^T + b) + residual. residual: [rows, out].
struct LinearFused {
    explicit LinearFused(Words& words)
        : x(words.strided<2>("x")),
          residual(words.strided<2>("residual")),
          weight(words.tensor("weight")),
          bias(words.tensor("bias")),
          y(words.strided<2>("y")),
          rows(words.integer("rows")),
          k(words.integer("k")),
          out_size(words.integer("out_size")),
          layout(words.integer("layout_word")),
          stored(words.integer("stored")),
          has_bias(words.flag("has_bias")),
          has_residual(words.flag("has_residual")),
          act(words.integer("act")) {}

    void run(Memory& memory) const {
        const Shape shape{rows, k, out_size};
        const Activation function = activation(memory, act);
        const auto from = memory.input(x, Sizes<2>{rows, k});
        View<const float, 2> added{};
        if (has_residual) added = memory.input(residual, Sizes<2>{rows, out_size});
        const float* shift = has_bias ? memory.input(bias, out_size) : nullptr;
        const auto to = memory.output(y, Sizes<2>{rows, out_size});
        const std::array matrices = {Matrix(memory, weight, stored, layout, shape)};
        project(memory, from, shape, matrices,
                [&](std::size_t row, std::size_t o, const std::array<double, 1>& sums) {
                    double value = activate(function, sums[0] + at(shift, o));
                    if (has_residual)
                        value += static_cast<double>(added.row(row)[o * added.step()]);
                    to.row(row)[o * to.step()] = static_cast<float>(value);
                });
    }

    Strided<2> x, residual;
    Tensor weight, bias;
    Strided<2> y;
    std::uint32_t rows, k, out_size, layout, stored;
    bool has_bias, has_residual;
    std::uint32_t act;
};

/// y = act(x G^T + c) * (x U^T + d) (GLU variants, Shazeer 2020, arXiv 2002.05202).
struct LinearGate {
    explicit LinearGate(Words& words)
        : x(words.strided<2>("x")),
          gate(words.tensor("gate")),
          up(words.tensor("up")),
          gate_bias(words.tensor("gate_bias")),
          up_bias(words.tensor("up_bias")),
          y(words.strided<2>("y")),
          rows(words.integer("rows")),
          k(words.integer("k")),
          out_size(words.integer("out_size")),
          layout(words.integer("layout_word")),
          stored(words.integer("stored")),
          has_bias(words.flag("has_bias")),
          act(words.integer("act")) {}

    void run(Memory& memory) const {
        const Shape shape{rows, k, out_size};
        const Activation function = activation(memory, act);
        const auto from = memory.input(x, Sizes<2>{rows, k});
        const float* gate_shift = has_bias ? memory.input(gate_bias, out_size) : nullptr;
        const float* up_shift = has_bias ? memory.input(up_bias, out_size) : nullptr;
        const auto to = memory.output(y, Sizes<2>{rows, out_size});
        const std::array matrices = {Matrix(memory, gate, stored, layout, shape),
                                     Matrix(memory, up, stored, layout, shape)};
        project(memory, from, shape, matrices,
                [&](std::size_t row, std::size_t o, const std::array<double, 2>& sums) {
                    const double opened = activate(function, sums[0] + at(gate_shift, o));
                    to.row(row)[o * to.step()] =
                        static_cast<float>(opened * (sums[1] + at(up_shift, o)));
                });
    }

    Strided<2> x;
    Tensor gate, up, gate_bias, up_bias;
    Strided<2> y;
    std::uint32_t rows, k, out_size, layout, stored;
    bool has_bias;
    std::uint32_t act;
};

/// Three linears of one x: [rows, k_size].
struct LinearQkv {
    explicit LinearQkv(Words& words)
        : x(words.strided<2>("x")),
          weights{words.tensor("q_weight"), words.tensor("k_weight"), words.tensor("v_weight")},
          biases{words.tensor("q_bias"), words.tensor("k_bias"), words.tensor("v_bias")},
          outputs{words.strided<2>("q"), words.strided<2>("k"), words.strided<2>("v")},
          rows(words.integer("rows")),
          k_size(words.integer("k_size")),
          sizes{words.integer("out_q"), words.integer("out_k"), words.integer("out_v")},
          layout(words.integer("layout_word")),
          stored(words.integer("stored")),
          has_bias(words.flag("has_bias")) {}

    void run(Memory& memory) const {
        const auto from = memory.input(x, Sizes<2>{rows, k_size});
        for (std::size_t part = 0; part < 3; ++part) {
            const Shape shape{rows, k_size, sizes[part]};
            const float* shift = has_bias ? memory.input(biases[part], sizes[part]) : nullptr;
            const auto to = memory.output(outputs[part], Sizes<2>{rows, sizes[part]});
            const std::array matrices = {Matrix(memory, weights[part], stored, layout, shape)};
            project(memory, from, shape, matrices,
                    [&](std::size_t row, std::size_t o, const std::array<double, 1>& sums) {
                        to.row(row)[o * to.step()] = static_cast<float>(sums[0] + at(shift, o));
                    });
        }
    }

    Strided<2> x;
    std::array<Tensor, 3> weights, biases;
    std::array<Strided<2>, 3> outputs;
    std::uint32_t rows, k_size;
    std::array<std::uint32_t, 3> sizes;
    std::uint32_t layout, stored;
    bool has_bias;
};

constexpr Kernel kernels[] = {
    kernel<Linear>("linear"),
    kernel<LinearFused>("linear_fused"),
    kernel<LinearGate>("linear_gate"),
    kernel<LinearQkv>("linear_qkv"),
};

}  // namespace

std::span<const Kernel> linear_kernels() { return kernels; }

}  // namespace hekla::cpu
