// SPDX-License-Identifier: MIT
// Elements chosen by index tensors; of any type of 32 bits.
#include "kernel.hpp"

#include <array>

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

/// y[o, j] = x[o, ids[j]], negative ids counted from the end, zeros where there is no such place. x: [outer, places, inner]; y: [outer, ids_count, inner].
struct Gather {
    explicit Gather(Words& words)
        : x(words.tensor("x")),
          ids(words.tensor("ids")),
          y(words.tensor("y")),
          outer(words.integer("outer")),
          places(words.integer("places")),
          inner(words.integer("inner")),
          ids_count(words.integer("ids_count")) {}

    void run(Memory& memory) const {
        const auto* from = memory.input<std::uint32_t>(x, std::uint64_t{outer} * places * inner);
        const auto* id = memory.input<std::int32_t>(ids, ids_count);
        auto* to = memory.output<std::uint32_t>(y, std::uint64_t{outer} * ids_count * inner);
        for (std::size_t o = 0; o < outer; ++o) {
            for (std::size_t j = 0; j < ids_count; ++j) {
                const std::int64_t place = id[j] < 0 ? std::int64_t{id[j]} + places : id[j];
                const bool there = place >= 0 && place < places;
                for (std::size_t i = 0; i < inner; ++i) {
                    const std::size_t row =
                        o * places + static_cast<std::size_t>(there ? place : 0);
                    *to++ = there ? from[row * inner + i] : 0;
                }
            }
        }
    }

    Tensor x, ids, y;
    std::uint32_t outer, places, inner, ids_count;
};

using Place = std::array<std::size_t, 4>;

/// Calls visit(place) for every place of a space of these sizes, the last axis fastest.
template <class Visit>
void for_each_place(const Sizes<4>& sizes, Visit visit) {
    for_each_row(sizes, [&](std::size_t i0, std::size_t i1, std::size_t i2) {
        for (std::size_t i3 = 0; i3 < sizes[3]; ++i3) visit(Place{i0, i1, i2, i3});
    });
}

template <class T>
T& at(const View<T, 4>& view, const Place& place) {
    return view.row(place[0], place[1], place[2])[place[3] * view.step()];
}

/// y[c] = x[c with c[axis] = ids[c]], 0 where there is no such place. ids: [d0, d1, d2, d3]; y: the same, contiguous.
struct GatherElements {
    explicit GatherElements(Words& words)
        : x(words.strided<4>("x")),
          ids(words.strided<4>("ids")),
          y(words.tensor("y")),
          count(words.integer("count")),
          d1(words.integer("d1")),
          d2(words.integer("d2")),
          d3(words.integer("d3")),
          axis(words.integer("axis")),
          places(words.integer("places")) {}

    void run(Memory& memory) const {
        const Sizes<4> sizes = memory.sizes(count, d1, d2, d3);
        if (axis > 3) memory.fail("axis " + std::to_string(axis) + " of 4");
        Sizes<4> reached = sizes;
        reached[axis] = places;
        const auto from = memory.input<std::uint32_t>(x, reached);
        const auto id = memory.input<std::int32_t>(ids, sizes);
        auto* to = memory.output<std::uint32_t>(y, count);
        for_each_place(sizes, [&](Place place) {
            const std::int32_t wanted = at(id, place);
            place[axis] = static_cast<std::size_t>(wanted);
            *to++ =
                wanted >= 0 && static_cast<std::uint32_t>(wanted) < places ? at(from, place) : 0;
        });
    }

    Strided<4> x, ids;
    Tensor y;
    std::uint32_t count, d1, d2, d3, axis, places;
};

/// y = x, then y[c with c[axis] = ids[c]] = src[c] in order; what lies outside is left out. ids, src: [i0, i1, i2, i3].
struct Scatter {
    explicit Scatter(Words& words)
        : x(words.strided<4>("x")),
          ids(words.strided<4>("ids")),
          src(words.strided<4>("src")),
          y(words.tensor("y")),
          count(words.integer("count")),
          d1(words.integer("d1")),
          d2(words.integer("d2")),
          d3(words.integer("d3")),
          axis(words.integer("axis")),
          i0(words.integer("i0")),
          i1(words.integer("i1")),
          i2(words.integer("i2")),
          i3(words.integer("i3")) {}

    void run(Memory& memory) const {
        const Sizes<4> sizes = memory.sizes(count, d1, d2, d3);
        const Sizes<4> given = {i0, i1, i2, i3};
        if (axis > 3) memory.fail("axis " + std::to_string(axis) + " of 4");
        const auto from = memory.input<std::uint32_t>(x, sizes);
        const auto id = memory.input<std::int32_t>(ids, given);
        const auto source = memory.input<std::uint32_t>(src, given);
        auto* to = memory.output<std::uint32_t>(y, count);
        std::size_t next = 0;
        for_each_place(sizes, [&](const Place& place) { to[next++] = at(from, place); });
        for_each_place(given, [&](Place place) {
            const std::uint32_t value = at(source, place);
            place[axis] = static_cast<std::size_t>(at(id, place));
            for (std::size_t k = 0; k < 4; ++k) {
                if (place[k] >= sizes[k]) return;
            }
            to[((place[0] * d1 + place[1]) * d2 + place[2]) * d3 + place[3]] = value;
        });
    }

    Strided<4> x, ids, src;
    Tensor y;
    std::uint32_t count, d1, d2, d3, axis, i0, i1, i2, i3;
};

/// y[n, c] = 1 where ids[n] is c. ids: [count]; y: [count, classes].
struct OneHot {
    explicit OneHot(Words& words)
        : ids(words.tensor("ids")),
          y(words.tensor("y")),
          count(words.integer("count")),
          classes(words.integer("classes")) {}

    void run(Memory& memory) const {
        const auto* id = memory.input<std::int32_t>(ids, count);
        float* to = memory.output(y, std::uint64_t{count} * classes);
        for (std::size_t n = 0; n < count; ++n) {
            for (std::int64_t c = 0; c < classes; ++c) *to++ = id[n] == c ? 1.0f : 0.0f;
        }
    }

    Tensor ids, y;
    std::uint32_t count, classes;
};

constexpr Kernel kernels[] = {
    kernel<Pick>("pick"),
    kernel<Gather>("gather"),
    kernel<GatherElements>("gather_elements"),
    kernel<Scatter>("scatter"),
    kernel<OneHot>("one_hot"),
};

}  // namespace

std::span<const Kernel> index_kernels() { return kernels; }

}  // namespace hekla::cpu
