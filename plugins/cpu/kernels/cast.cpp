// SPDX-License-Identifier: MIT
// y = x as another element type. Half-precision results are f32 that the half type holds exactly. x, y: [d0, d1, d2, d3].
#include "kernel.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace hekla::cpu {

namespace {

/// The nearest number of `digits` binary digits whose last place counts at least 2^least; halves to even.
double round_to_digits(double value, int digits, int least) {
    if (value == 0.0 || !std::isfinite(value)) return value;
    const int unit = std::max(std::ilogb(value) - (digits - 1), least);
    return std::ldexp(std::nearbyint(std::ldexp(value, -unit)), unit);
}

double to_f16(double value) {
    const double rounded = round_to_digits(value, 11, -24);
    return std::abs(rounded) > 65504.0
               ? std::copysign(std::numeric_limits<double>::infinity(), rounded)
               : rounded;
}

/// As many exponents as f32, so that what is too large becomes infinite where it is made an f32.
double to_bf16(double value) { return round_to_digits(value, 8, -133); }

struct Cast {
    explicit Cast(Words& words)
        : x(words.strided<4>("x")),
          y(words.strided<4>("y")),
          count(words.integer("count")),
          d1(words.integer("d1")),
          d2(words.integer("d2")),
          d3(words.integer("d3")),
          integers(words.flag("integers")),
          to(words.integer("to")) {}

    void run(Memory& memory) const {
        const Sizes<4> sizes = memory.sizes(count, d1, d2, d3);
        const auto from = memory.input<std::uint32_t>(x, sizes);
        const auto out = memory.output<std::uint32_t>(y, sizes);
        for_each_row(sizes, [&](std::size_t i0, std::size_t i1, std::size_t i2) {
            for (std::size_t i3 = 0; i3 < d3; ++i3) {
                out.row(i0, i1, i2)[i3 * out.step()] =
                    convert(from.row(i0, i1, i2)[i3 * from.step()], memory);
            }
        });
    }

  private:
    std::uint32_t convert(std::uint32_t bits, const Memory& memory) const {
        const double value = integers ? static_cast<double>(static_cast<std::int32_t>(bits))
                                      : static_cast<double>(std::bit_cast<float>(bits));
        const auto as_float = [](double result) {
            return std::bit_cast<std::uint32_t>(static_cast<float>(result));
        };
        switch (to) {
            case 0:
                return as_float(value);
            case 1:
                return as_float(to_f16(value));
            case 2:
                return as_float(to_bf16(value));
            case 3:
                return static_cast<std::uint32_t>(static_cast<std::int32_t>(value));
            case 4:
                return value != 0.0 ? 1 : 0;
            default:
                memory.fail("type " + std::to_string(to) + " of 5");
        }
    }

    Strided<4> x, y;
    std::uint32_t count, d1, d2, d3;
    bool integers;
    std::uint32_t to;
};

constexpr Kernel kernels[] = {kernel<Cast>("cast")};

}  // namespace

std::span<const Kernel> cast_kernels() { return kernels; }

}  // namespace hekla::cpu
