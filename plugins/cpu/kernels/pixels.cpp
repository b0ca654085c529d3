// SPDX-License-Identifier: MIT
// Ops that move pixels and compute nothing; elements are any type of 32 bits.
#include "kernel.hpp"

namespace hekla::cpu {

namespace {

/// y[n, i, j] = x[n, i % r, j % r, i / r, j / r], and back. Of the smaller of both images: h, w; x, y: [planes, h r, w r] or
/// [planes, r, r, h, w] (Shi et al. 2016, arXiv 1609.05158). rows are those of y.
template <bool shuffle>
struct PixelShuffle {
    explicit PixelShuffle(Words& words)
        : x(words.tensor("x")),
          y(words.tensor("y")),
          rows(words.integer("rows")),
          h(words.integer("h")),
          w(words.integer("w")),
          r(words.integer("r")) {}

    void run(Memory& memory) const {
        const std::uint64_t plane = std::uint64_t{h} * r * w * r;
        const std::uint64_t planes = shuffle ? rows / (h * r) : rows / (h * r * r);
        const auto* from = memory.input<std::uint32_t>(x, planes * plane);
        auto* to = memory.output<std::uint32_t>(y, planes * plane);
        for (std::size_t n = 0; n < planes; ++n, from += plane, to += plane) {
            for (std::size_t i = 0; i < std::size_t{h} * r; ++i) {
                for (std::size_t j = 0; j < std::size_t{w} * r; ++j) {
                    const std::size_t large = i * w * r + j;
                    const std::size_t small = ((i % r * r + j % r) * h + i / r) * w + j / r;
                    to[shuffle ? large : small] = from[shuffle ? small : large];
                }
            }
        }
    }

    Tensor x, y;
    std::uint32_t rows, h, w, r;
};

/// y[i] = x[i - before], and around x a constant, or what the mode puts there. x: [x0, x1, x2, x3]; y: [rows / y1 y2, y1, y2, y3].
struct Pad {
    enum class Mode : std::uint32_t { constant, reflect, replicate, circular };

    explicit Pad(Words& words)
        : x(words.strided<4>("x")),
          y(words.strided<4>("y")),
          rows(words.integer("rows")),
          y_sizes{0, words.integer("y1"), words.integer("y2"), words.integer("y3")},
          x_sizes{words.integer("x0"), words.integer("x1"), words.integer("x2"),
                  words.integer("x3")},
          before{signed_word(words, "before0"), signed_word(words, "before1"),
                 signed_word(words, "before2"), signed_word(words, "before3")},
          mode(static_cast<Mode>(words.integer("mode"))),
          value(words.real("value")) {}

    void run(Memory& memory) const {
        if (mode > Mode::circular) memory.fail("there is no such mode");
        Sizes<4> sizes = y_sizes;
        sizes[0] = memory.sizes(rows, y_sizes[1], y_sizes[2], 1)[0];
        const auto from = memory.input<std::uint32_t>(x, x_sizes);
        const auto to = memory.output<std::uint32_t>(y, sizes);
        for_each_row(sizes, [&](std::size_t i0, std::size_t i1, std::size_t i2) {
            std::uint32_t* out = to.row(i0, i1, i2);
            const std::int64_t s0 = source(i0, 0), s1 = source(i1, 1), s2 = source(i2, 2);
            for (std::size_t i3 = 0; i3 < sizes[3]; ++i3) {
                const std::int64_t s3 = source(i3, 3);
                out[i3 * to.step()] =
                    s0 < 0 || s1 < 0 || s2 < 0 || s3 < 0
                        ? std::bit_cast<std::uint32_t>(value)
                        : from.row(s0, s1, s2)[static_cast<std::size_t>(s3) * from.step()];
            }
        });
    }

  private:
    static std::int32_t signed_word(Words& words, const char* name) {
        return static_cast<std::int32_t>(words.integer(name));
    }

    /// The place of x that place i of y shows, or -1.
    std::int64_t source(std::size_t i, std::size_t axis) const {
        const std::int64_t size = x_sizes[axis];
        std::int64_t at = static_cast<std::int64_t>(i) - before[axis];
        while (at < 0 || at >= size) {
            const bool low = at < 0;
            switch (mode) {
                case Mode::constant:
                    return -1;
                case Mode::reflect:
                    if (size == 1) return 0;
                    at = low ? -at : 2 * (size - 1) - at;
                    break;
                case Mode::replicate:
                    return low ? 0 : size - 1;
                case Mode::circular:
                    at += low ? size : -size;
                    break;
            }
        }
        return at;
    }

    Strided<4> x, y;
    std::uint32_t rows;
    Sizes<4> y_sizes, x_sizes;
    std::int32_t before[4];
    Mode mode;
    float value;
};

/// y[i] = x[size - 1 - i] along the axes whose bit is set in `turned`, bit 0 for the last. x, y: [rows / d1 d2, d1, d2, d3].
struct Flip {
    explicit Flip(Words& words)
        : x(words.strided<4>("x")),
          y(words.strided<4>("y")),
          rows(words.integer("rows")),
          d1(words.integer("d1")),
          d2(words.integer("d2")),
          d3(words.integer("d3")),
          turned(words.integer("turned")) {}

    void run(Memory& memory) const {
        Sizes<4> sizes = memory.sizes(rows, d1, d2, 1);
        sizes[3] = d3;
        const auto from = memory.input<std::uint32_t>(x, sizes);
        const auto to = memory.output<std::uint32_t>(y, sizes);
        const auto source = [&](std::size_t i, std::size_t axis) {
            return (turned >> (3 - axis) & 1) != 0 ? sizes[axis] - 1 - i : i;
        };
        for_each_row(sizes, [&](std::size_t i0, std::size_t i1, std::size_t i2) {
            const std::uint32_t* in = from.row(source(i0, 0), source(i1, 1), source(i2, 2));
            std::uint32_t* out = to.row(i0, i1, i2);
            for (std::size_t i3 = 0; i3 < d3; ++i3) {
                out[i3 * to.step()] = in[source(i3, 3) * from.step()];
            }
        });
    }

    Strided<4> x, y;
    std::uint32_t rows, d1, d2, d3, turned;
};

constexpr Kernel kernels[] = {
    kernel<Flip>("flip"),
    kernel<Pad>("pad"),
    kernel<PixelShuffle<true>>("pixel_shuffle"),
    kernel<PixelShuffle<false>>("pixel_unshuffle"),
};

}  // namespace

std::span<const Kernel> pixel_kernels() { return kernels; }

}  // namespace hekla::cpu
