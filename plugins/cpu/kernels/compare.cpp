// SPDX-License-Identifier: MIT
// Comparisons, a op b or a op number, as 0 or 1; and where, which chooses by them. Broadcast axes have stride 0.
// All: [d0, d1, d2, d3].
#include "kernel.hpp"

#include <functional>

namespace hekla::cpu {

namespace {

template <class Holds>
struct Compare {
    explicit Compare(Words& words)
        : a(words.strided<4>("a")),
          b(words.strided<4>("b")),
          y(words.strided<4>("y")),
          count(words.integer("count")),
          d1(words.integer("d1")),
          d2(words.integer("d2")),
          d3(words.integer("d3")),
          has_b(words.flag("has_b")),
          number(words.real("number")),
          swap(words.flag("swap")),
          integers(words.flag("integers")) {}

    void run(Memory& memory) const {
        if (integers) {
            compare(memory, static_cast<std::int32_t>(number));
        } else {
            compare(memory, number);
        }
    }

  private:
    template <class T>
    void compare(Memory& memory, T other) const {
        const Sizes<4> sizes = memory.sizes(count, d1, d2, d3);
        auto left = memory.input<T>(a, sizes);
        View<const T, 4> right = {&other, {}};
        if (has_b) right = memory.input<T>(b, sizes);
        if (swap) std::swap(left, right);
        const auto to = memory.output<std::uint32_t>(y, sizes);
        for_each_row(sizes, [&](std::size_t i0, std::size_t i1, std::size_t i2) {
            const T* l = left.row(i0, i1, i2);
            const T* r = right.row(i0, i1, i2);
            std::uint32_t* out = to.row(i0, i1, i2);
            for (std::size_t i3 = 0; i3 < d3; ++i3) {
                out[i3 * to.step()] = Holds()(l[i3 * left.step()], r[i3 * right.step()]) ? 1 : 0;
            }
        });
    }

    Strided<4> a, b, y;
    std::uint32_t count, d1, d2, d3;
    bool has_b;
    float number;
    bool swap, integers;
};

/// y = condition ? a : b, of any type of 32 bits.
struct Where {
    explicit Where(Words& words)
        : condition(words.strided<4>("condition")),
          a(words.strided<4>("a")),
          b(words.strided<4>("b")),
          y(words.strided<4>("y")),
          count(words.integer("count")),
          d1(words.integer("d1")),
          d2(words.integer("d2")),
          d3(words.integer("d3")) {}

    void run(Memory& memory) const {
        const Sizes<4> sizes = memory.sizes(count, d1, d2, d3);
        const auto holds = memory.input<std::uint32_t>(condition, sizes);
        const auto left = memory.input<std::uint32_t>(a, sizes);
        const auto right = memory.input<std::uint32_t>(b, sizes);
        const auto to = memory.output<std::uint32_t>(y, sizes);
        for_each_row(sizes, [&](std::size_t i0, std::size_t i1, std::size_t i2) {
            for (std::size_t i3 = 0; i3 < d3; ++i3) {
                const bool first = holds.row(i0, i1, i2)[i3 * holds.step()] != 0;
                const auto& from = first ? left : right;
                to.row(i0, i1, i2)[i3 * to.step()] = from.row(i0, i1, i2)[i3 * from.step()];
            }
        });
    }

    Strided<4> condition, a, b, y;
    std::uint32_t count, d1, d2, d3;
};

constexpr Kernel kernels[] = {
    kernel<Compare<std::equal_to<>>>("equal"),
    kernel<Compare<std::not_equal_to<>>>("not_equal"),
    kernel<Compare<std::less<>>>("less"),
    kernel<Compare<std::less_equal<>>>("less_equal"),
    kernel<Compare<std::greater<>>>("greater"),
    kernel<Compare<std::greater_equal<>>>("greater_equal"),
    kernel<Where>("where"),
};

}  // namespace

std::span<const Kernel> compare_kernels() { return kernels; }

}  // namespace hekla::cpu
