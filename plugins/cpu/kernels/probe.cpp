// SPDX-License-Identifier: MIT
// What devices are measured with (`hekla bench --nodes`, runtime/execute/device_costs.hpp).
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

/// y[i] = sum over j < 12 of a_j after `turns` of a = a (1 - 2^-7) + 2^-7, begun at a_j = x[i] + j / 64. x, y: [n].
struct ProbeMultiplyAdd {
    explicit ProbeMultiplyAdd(Words& words)
        : x(words.tensor("x")), y(words.tensor("y")), n(words.integer("n")), turns(words.integer("turns")) {}

    void run(Memory& memory) const {
        const float* from = memory.input<float>(x, n);
        float* to = memory.output<float>(y, n);
        for (std::size_t i = 0; i < n; ++i) {
            double sum = 0.0;
            for (std::size_t j = 0; j < 12; ++j) {
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

/// y[i] = sum over t from 1 to turns, e < 16 of x[16 t mod half_size + e + (i mod 64 if by_lane)]. x: [2 half_size]; y: [n].
struct ProbeWords {
    explicit ProbeWords(Words& words)
        : x(words.tensor("x")),
          y(words.tensor("y")),
          n(words.integer("n")),
          half_size(words.integer("half_size")),
          turns(words.integer("turns")),
          by_lane(words.integer("by_lane") != 0) {}

    void run(Memory& memory) const {
        const float* from = memory.input<float>(x, 2 * std::uint64_t{half_size});
        float* to = memory.output<float>(y, n);
        for (std::size_t i = 0; i < n; ++i) {
            double sum = 0.0;
            for (std::uint64_t t = 1; t <= turns; ++t)
                for (std::size_t e = 0; e < 16; ++e)
                    sum += from[16 * t % half_size + e + (by_lane ? i % 64 : 0)];
            to[i] = static_cast<float>(sum);
        }
    }

    Tensor x, y;
    std::uint32_t n, half_size, turns;
    bool by_lane;
};

constexpr Kernel kernels[] = {
    kernel<ProbeRead>("probe_read"),
    kernel<ProbeMultiplyAdd>("probe_multiply_add"),
    kernel<ProbeWords>("probe_words"),
};

}  // namespace

std::span<const Kernel> probe_kernels() { return kernels; }

}  // namespace hekla::cpu
