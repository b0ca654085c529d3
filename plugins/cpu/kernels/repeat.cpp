// SPDX-License-Identifier: MIT
// Tensors repeated, and parts of them left out; elements of any type of 32 bits.
#include "kernel.hpp"

namespace hekla::cpu {

namespace {

/// y[c] = x[c mod sizes of x]. x: [x0, x1, x2, x3]; y: [y0, y1, y2, y3], contiguous.
struct Tile {
    explicit Tile(Words& words)
        : x(words.strided<4>("x")),
          y(words.tensor("y")),
          count(words.integer("count")),
          x0(words.integer("x0")),
          x1(words.integer("x1")),
          x2(words.integer("x2")),
          x3(words.integer("x3")),
          y1(words.integer("y1")),
          y2(words.integer("y2")),
          y3(words.integer("y3")) {}

    void run(Memory& memory) const {
        const auto from = memory.input<std::uint32_t>(x, Sizes<4>{x0, x1, x2, x3});
        auto* to = memory.output<std::uint32_t>(y, count);
        for_each_row(memory.sizes(count, y1, y2, y3),
                     [&](std::size_t i0, std::size_t i1, std::size_t i2) {
                         const std::uint32_t* row = from.row(i0 % x0, i1 % x1, i2 % x2);
                         for (std::size_t i3 = 0; i3 < y3; ++i3) *to++ = row[i3 % x3 * from.step()];
                     });
    }

    Strided<4> x;
    Tensor y;
    std::uint32_t count, x0, x1, x2, x3, y1, y2, y3;
};

/// y = x where column - row <= diagonal, else 0. x, y: [count / (rows columns), rows, columns].
struct Tril {
    explicit Tril(Words& words)
        : x(words.tensor("x")),
          y(words.tensor("y")),
          count(words.integer("count")),
          rows(words.integer("rows")),
          columns(words.integer("columns")),
          diagonal(static_cast<std::int32_t>(words.integer("diagonal"))) {}

    void run(Memory& memory) const {
        const auto* from = memory.input<std::uint32_t>(x, count);
        auto* to = memory.output<std::uint32_t>(y, count);
        for (std::int64_t i = 0; i < count; ++i) {
            to[i] = i % columns - i / columns % rows <= diagonal ? from[i] : 0;
        }
    }

    Tensor x, y;
    std::uint32_t count, rows, columns;
    std::int32_t diagonal;
};

constexpr Kernel kernels[] = {kernel<Tile>("tile"), kernel<Tril>("tril")};

}  // namespace

std::span<const Kernel> repeat_kernels() { return kernels; }

}  // namespace hekla::cpu
