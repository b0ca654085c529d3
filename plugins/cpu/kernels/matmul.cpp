// SPDX-License-Identifier: MIT
// y = a b, matrix by matrix. a: [b0, b1, m, k]; b: [b0, b1, k, n]; y: [b0, b1, m, n]; broadcast axes have stride 0.
#include "kernel.hpp"

#include <algorithm>

namespace hekla::cpu {

namespace {

struct MatMul {
    explicit MatMul(Words& words)
        : a(words.strided<4>("a")),
          b(words.strided<4>("b")),
          y(words.strided<4>("y")),
          b0(words.integer("b0")),
          b1(words.integer("b1")),
          m(words.integer("m")),
          k(words.integer("k")),
          n(words.integer("n")) {}

    void run(Memory& memory) const {
        const auto left = memory.input(a, Sizes<4>{b0, b1, m, k});
        const auto right = memory.input(b, Sizes<4>{b0, b1, k, n});
        const auto to = memory.output(y, Sizes<4>{b0, b1, m, n});
        double* sums = memory.scratch(n);
        for_each_row(Sizes<4>{b0, b1, m, n}, [&](std::size_t i0, std::size_t i1, std::size_t i2) {
            std::fill_n(sums, n, 0.0);
            for (std::size_t i = 0; i < k; ++i) {
                const auto factor = static_cast<double>(left.row(i0, i1, i2)[i * left.step()]);
                const float* row = right.row(i0, i1, i);
                for (std::size_t j = 0; j < n; ++j) {
                    sums[j] += factor * static_cast<double>(row[j * right.step()]);
                }
            }
            for (std::size_t j = 0; j < n; ++j) {
                to.row(i0, i1, i2)[j * to.step()] = static_cast<float>(sums[j]);
            }
        });
    }

    Strided<4> a, b, y;
    std::uint32_t b0, b1, m, k, n;
};

constexpr Kernel kernels[] = {kernel<MatMul>("matmul")};

}  // namespace

std::span<const Kernel> matmul_kernels() { return kernels; }

}  // namespace hekla::cpu
