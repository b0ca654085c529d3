// SPDX-License-Identifier: MIT
// y = a op b with broadcast axes as strides of 0; without b, a op number, or number op a when swapped.
// a, b, y: [d0, d1, d2, d3].
#include "kernel.hpp"

#include <cmath>

namespace hekla::cpu {

namespace {

// One rounding at most, so binary32 arithmetic is already exact to the last bit; pow rounds once from double precision.
struct Add {
    static float of(float a, float b) { return a + b; }
};
struct Sub {
    static float of(float a, float b) { return a - b; }
};
struct Mul {
    static float of(float a, float b) { return a * b; }
};
struct Div {
    static float of(float a, float b) { return a / b; }
};
struct Pow {
    static float of(float a, float b) {
        return static_cast<float>(std::pow(static_cast<double>(a), static_cast<double>(b)));
    }
};
struct Maximum {
    static float of(float a, float b) { return a < b ? b : a; }
};
struct Minimum {
    static float of(float a, float b) { return b < a ? b : a; }
};

template <class Op>
struct Binary {
    explicit Binary(Words& words)
        : a(words.strided<4>("a")),
          b(words.strided<4>("b")),
          y(words.strided<4>("y")),
          count(words.integer("count")),
          d1(words.integer("d1")),
          d2(words.integer("d2")),
          d3(words.integer("d3")),
          has_b(words.flag("has_b")),
          number(words.real("number")),
          swap(words.flag("swap")) {}

    void run(Memory& memory) const {
        const Sizes<4> sizes = memory.sizes(count, d1, d2, d3);
        auto left = memory.input(a, sizes);
        View<const float, 4> right = {&number, {}};
        if (has_b) right = memory.input(b, sizes);
        const auto to = memory.output(y, sizes);
        if (swap) std::swap(left, right);
        for_each_row(sizes, [&](std::size_t i0, std::size_t i1, std::size_t i2) {
            row(left.row(i0, i1, i2), left.step(), right.row(i0, i1, i2), right.step(),
                to.row(i0, i1, i2), to.step());
        });
    }

  private:
    void row(const float* left, std::size_t left_step, const float* right, std::size_t right_step,
             float* out, std::size_t out_step) const {
        if (left_step == 1 && right_step == 1 && out_step == 1) {
            for (std::size_t i = 0; i < d3; ++i) out[i] = Op::of(left[i], right[i]);
            return;
        }
        for (std::size_t i = 0; i < d3; ++i) {
            out[i * out_step] = Op::of(left[i * left_step], right[i * right_step]);
        }
    }

    Strided<4> a, b, y;
    std::uint32_t count, d1, d2, d3;
    bool has_b;
    float number;
    bool swap;
};

constexpr Kernel kernels[] = {
    kernel<Binary<Add>>("add"),
    kernel<Binary<Sub>>("sub"),
    kernel<Binary<Mul>>("mul"),
    kernel<Binary<Div>>("div"),
    kernel<Binary<Pow>>("pow"),
    kernel<Binary<Maximum>>("maximum"),
    kernel<Binary<Minimum>>("minimum"),
};

}  // namespace

std::span<const Kernel> binary_kernels() { return kernels; }

}  // namespace hekla::cpu
