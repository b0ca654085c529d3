// SPDX-License-Identifier: MIT
// Elements chosen by index tensors; of any type of 32 bits.
#include "kernel.hpp"

namespace hekla::cpu {

namespace {

/// y[i] = x[i, rows[i]], zeros where there is no such row. x: [b, t, d]; rows: [b]; y: [b, d].
struct Pick {
    explicit Pick(Words& words)
        : x(words.strided<4>("x")),
          rows(words.tensor("rows")),
          y(words.tensor("y")),
          b(words.integer("b")),
          t(words.integer("t")),
          d(words.integer("d")) {}

    void run(Memory& memory) const {
        const auto from = memory.input<std::uint32_t>(x, Sizes<4>{1, b, t, d});
        const auto* row = memory.input<std::int32_t>(rows, b);
        auto* to = memory.output<std::uint32_t>(y, std::uint64_t{b} * d);
        for (std::size_t i = 0; i < b; ++i) {
            const bool there = row[i] >= 0 && static_cast<std::uint32_t>(row[i]) < t;
            for (std::size_t j = 0; j < d; ++j) {
                *to++ = there ? from.row(0, i, row[i])[j * from.step()] : 0;
            }
        }
    }

    Strided<4> x;
    Tensor rows, y;
    std::uint32_t b, t, d;
};

constexpr Kernel kernels[] = {kernel<Pick>("pick")};

}  // namespace

std::span<const Kernel> index_kernels() { return kernels; }

}  // namespace hekla::cpu
