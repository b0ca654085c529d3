// SPDX-License-Identifier: MIT
// Ops that move or make values and compute none.
#include "kernel.hpp"

#include <cstring>

namespace hekla::cpu {

namespace {

void move(const View<const std::uint32_t, 4>& from, const View<std::uint32_t, 4>& to,
          const Sizes<4>& sizes) {
    for_each_row(sizes, [&](std::size_t i0, std::size_t i1, std::size_t i2) {
        const std::uint32_t* in = from.row(i0, i1, i2);
        std::uint32_t* out = to.row(i0, i1, i2);
        if (from.step() == 1 && to.step() == 1) {
            std::memmove(out, in, std::size_t{sizes[3]} * 4);
            return;
        }
        for (std::size_t i3 = 0; i3 < sizes[3]; ++i3) {
            std::memmove(out + i3 * to.step(), in + i3 * from.step(), 4);
        }
    });
}

/// y = x in another layout, any type of 32 bits. x, y: [d0, d1, d2, d3].
struct Copy {
    explicit Copy(Words& words)
        : x(words.strided<4>("x")),
          y(words.strided<4>("y")),
          count(words.integer("count")),
          d1(words.integer("d1")),
          d2(words.integer("d2")),
          d3(words.integer("d3")) {}

    void run(Memory& memory) const {
        const Sizes<4> sizes = memory.sizes(count, d1, d2, d3);
        move(memory.input<std::uint32_t>(x, sizes), memory.output<std::uint32_t>(y, sizes), sizes);
    }

    Strided<4> x, y;
    std::uint32_t count, d1, d2, d3;
};

/// ya = a and yb = b in other layouts, any types of 32 bits. All: [d0, d1, d2, d3].
struct CopyPair {
    explicit CopyPair(Words& words)
        : a(words.strided<4>("a")),
          b(words.strided<4>("b")),
          ya(words.strided<4>("ya")),
          yb(words.strided<4>("yb")),
          count(words.integer("count")),
          d1(words.integer("d1")),
          d2(words.integer("d2")),
          d3(words.integer("d3")) {}

    void run(Memory& memory) const {
        const Sizes<4> sizes = memory.sizes(count, d1, d2, d3);
        move(memory.input<std::uint32_t>(a, sizes), memory.output<std::uint32_t>(ya, sizes), sizes);
        move(memory.input<std::uint32_t>(b, sizes), memory.output<std::uint32_t>(yb, sizes), sizes);
    }

    Strided<4> a, b, ya, yb;
    std::uint32_t count, d1, d2, d3;
};

/// y[i] = start + i. y: [n].
struct Iota {
    explicit Iota(Words& words)
        : y(words.tensor("y")), n(words.integer("n")), start(words.integer("start")) {}

    void run(Memory& memory) const {
        auto* to = memory.output<std::int32_t>(y, n);
        // Wraps as the device's integers do.
        for (std::uint32_t i = 0; i < n; ++i) to[i] = static_cast<std::int32_t>(start + i);
    }

    Tensor y;
    std::uint32_t n;
    std::uint32_t start;
};

constexpr Kernel kernels[] = {
    kernel<Copy>("copy"),
    kernel<CopyPair>("copy_pair"),
    kernel<Iota>("iota"),
};

}  // namespace

std::span<const Kernel> layout_kernels() { return kernels; }

}  // namespace hekla::cpu
