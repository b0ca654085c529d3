// SPDX-License-Identifier: MIT
// What `hekla bench --nodes` measures a device's limits with.
#include "kernel.hpp"

namespace hekla::cpu {

namespace {

/// y[r] = sum of x[r, :]. x: [rows, columns]; y: [rows].
struct ProbeRead {
    explicit ProbeRead(Words& words)
        : x(words.tensor("x")),
          y(words.tensor("y")),
          rows(words.integer("rows")),
          columns(words.integer("columns")) {}

    void run(Memory& memory) const {
        const float* from = memory.input<float>(x, std::uint64_t{rows} * columns);
        float* to = memory.output<float>(y, rows);
        for (std::size_t r = 0; r < rows; ++r) {
            double sum = 0.0;
            for (std::size_t k = 0; k < columns; ++k) sum += *from++;
            to[r] = static_cast<float>(sum);
        }
    }

    Tensor x, y;
    std::uint32_t rows, columns;
};

/// y[i] = sum over j < 32 of a_j after `turns` of a = a (1 - 2^-7) + 2^-7, begun at a_j = x[i] + j / 64. x, y: [n].
struct ProbeMultiplyAdd {
    explicit ProbeMultiplyAdd(Words& words)
        : x(words.tensor("x")), y(words.tensor("y")), n(words.integer("n")), turns(words.integer("turns")) {}

    void run(Memory& memory) const {
        const float* from = memory.input<float>(x, n);
        float* to = memory.output<float>(y, n);
        for (std::size_t i = 0; i < n; ++i) {
            double sum = 0.0;
            for (std::size_t j = 0; j < 32; ++j) {
                double a = from[i] + static_cast<double>(j) / 64.0;
                for (std::uint32_t turn = 0; turn < turns; ++turn)
                    a = a * (127.0 / 128.0) + 1.0 / 128.0;
                sum += a;
            }
            to[i] = static_cast<float>(sum);
        }
    }

    Tensor x, y;
    std::uint32_t n, turns;
};

constexpr Kernel kernels[] = {
    kernel<ProbeRead>("probe_read"),
    kernel<ProbeMultiplyAdd>("probe_multiply_add"),
};

}  // namespace

std::span<const Kernel> probe_kernels() { return kernels; }

}  // namespace hekla::cpu
