// SPDX-License-Identifier: MIT
#include "loops.hpp"

#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#define HEKLA_CPU_AVX2 1
#endif

#define HEKLA_INLINE [[gnu::always_inline]] inline

namespace hekla::cpu {

namespace {

/// A machine: the vector that one of its registers holds, and how many rows' lanes fit into its registers at once.
template <std::size_t vector_bytes, std::size_t rows>
struct Machine {
    typedef double Vector __attribute__((vector_size(vector_bytes), may_alias));
    static constexpr std::size_t width = vector_bytes / sizeof(double);
    static constexpr std::size_t parts = lane_count / width;  // vectors that make up the lanes
    static constexpr std::size_t row_group = rows;

    HEKLA_INLINE static const Vector& load(const double* from) {
        return *reinterpret_cast<const Vector*>(from);
    }
};

// --- the loops, compiled into each of the variants below -----------------------------------------

HEKLA_INLINE float as_is(float value) { return value; }

/// `read` makes a float of an element as it is stored.
template <class Raw, float (*read)(Raw)>
HEKLA_INLINE void widen_rows(const Stored& from, std::size_t first, std::size_t pitch,
                             std::size_t rows, std::size_t columns, double* to,
                             std::size_t to_pitch) {
    for (std::size_t i = 0; i < rows; ++i, to += to_pitch) {
        const std::byte* row = from.at(first + i * pitch);
        for (std::size_t j = 0; j < columns; ++j) {
            Raw raw;
            std::memcpy(&raw, row + j * sizeof raw, sizeof raw);
            to[j] = static_cast<double>(read(raw));
        }
        for (std::size_t j = columns; j < to_pitch; ++j) to[j] = 0.0;
    }
}

template <class M>
HEKLA_INLINE void widen_body(const Stored& from, std::size_t first, std::size_t pitch,
                             std::size_t rows, std::size_t columns, double* to,
                             std::size_t to_pitch) {
    switch (from.type) {
        case StoredType::f32:
            return widen_rows<float, as_is>(from, first, pitch, rows, columns, to, to_pitch);
        case StoredType::f16:
            return widen_rows<std::uint16_t, from_f16>(from, first, pitch, rows, columns, to,
                                                       to_pitch);
        case StoredType::bf16:
            return widen_rows<std::uint16_t, from_bf16>(from, first, pitch, rows, columns, to,
                                                        to_pitch);
    }
}

/// The lanes' sum, in the order that loops.hpp promises.
template <class Number>
HEKLA_INLINE void sum_up(const Number (&lanes)[lane_count], Number& sum) {
    sum = ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) +
          ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

/// `count` rows at a time.
template <class M, std::size_t count>
HEKLA_INLINE void dot_rows(const double* x, const double* rows, std::size_t length, double* sums) {
    typename M::Vector totals[count][M::parts] = {};
    for (std::size_t j = 0; j < length; j += lane_count) {
        for (std::size_t part = 0; part < M::parts; ++part) {
            const std::size_t at = j + part * M::width;
            const typename M::Vector factor = M::load(x + at);
            for (std::size_t i = 0; i < count; ++i) {
                totals[i][part] += factor * M::load(rows + i * length + at);
            }
        }
    }
    for (std::size_t i = 0; i < count; ++i) {
        double lanes[lane_count];
        for (std::size_t lane = 0; lane < lane_count; ++lane) {
            lanes[lane] = totals[i][lane / M::width][lane % M::width];
        }
        sum_up(lanes, sums[i]);
    }
}

template <class M>
HEKLA_INLINE void dots_body(const double* x, const double* rows, std::size_t count,
                            std::size_t length, double* sums) {
    constexpr std::size_t group = M::row_group;
    std::size_t i = 0;
    for (; i + group <= count; i += group) {
        dot_rows<M, group>(x, rows + i * length, length, sums + i);
    }
    for (; i < count; ++i) dot_rows<M, 1>(x, rows + i * length, length, sums + i);
}

template <class M>
HEKLA_INLINE void column_dots_body(const double* x, const double* panel, std::size_t length,
                                   double* sums) {
    for (std::size_t column = 0; column < panel_columns; column += M::width) {
        typename M::Vector lanes[lane_count] = {};
        const double* at = panel + column;
        std::size_t j = 0;
        for (; j + lane_count <= length; j += lane_count) {
            for (std::size_t lane = 0; lane < lane_count; ++lane, at += panel_columns) {
                lanes[lane] += x[j + lane] * M::load(at);
            }
        }
        for (std::size_t lane = 0; lane < lane_count; ++lane) {
            if (j + lane >= length) break;
            lanes[lane] += x[j + lane] * M::load(at + lane * panel_columns);
        }
        typename M::Vector total;
        sum_up(lanes, total);
        std::memcpy(sums + column, &total, sizeof total);
    }
}

template <class M>
HEKLA_INLINE void weighted_sum_body(const double* weights, const double* rows, std::size_t count,
                                    std::size_t length, double* out) {
    for (std::size_t j = 0; j < length; j += lane_count) {
        typename M::Vector totals[M::parts] = {};
        for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t part = 0; part < M::parts; ++part) {
                totals[part] += weights[i] * M::load(rows + i * length + j + part * M::width);
            }
        }
        std::memcpy(out + j, totals, sizeof totals);
    }
}

// --- the variants --------------------------------------------------------------------------------

#define HEKLA_VARIANT(name, attribute, ...)                                                     \
    attribute void name##_widen(const Stored& from, std::size_t first, std::size_t pitch,       \
                                std::size_t rows, std::size_t columns, double* to,              \
                                std::size_t to_pitch) {                                         \
        widen_body<__VA_ARGS__>(from, first, pitch, rows, columns, to, to_pitch);               \
    }                                                                                           \
    attribute void name##_dots(const double* x, const double* rows, std::size_t count,          \
                               std::size_t length, double* sums) {                              \
        dots_body<__VA_ARGS__>(x, rows, count, length, sums);                                   \
    }                                                                                           \
    attribute void name##_column_dots(const double* x, const double* panel, std::size_t length, \
                                      double* sums) {                                           \
        column_dots_body<__VA_ARGS__>(x, panel, length, sums);                                  \
    }                                                                                           \
    attribute void name##_weighted_sum(const double* weights, const double* rows,               \
                                       std::size_t count, std::size_t length, double* out) {    \
        weighted_sum_body<__VA_ARGS__>(weights, rows, count, length, out);                      \
    }                                                                                           \
    constexpr LoopVariant name = {#name, name##_widen, name##_dots, name##_column_dots,         \
                                  name##_weighted_sum};

HEKLA_VARIANT(plain, , Machine<16, 2>)
#ifdef HEKLA_CPU_AVX2
HEKLA_VARIANT(avx2, __attribute__((target("avx2,fma"))), Machine<32, 4>)
#endif

}  // namespace

std::span<const LoopVariant> loop_variants() {
#ifdef HEKLA_CPU_AVX2
    static constexpr LoopVariant all[] = {avx2, plain};
    const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return std::span(all).subspan(has_avx2 ? 0 : 1);
#else
    static constexpr LoopVariant all[] = {plain};
    return all;
#endif
}

namespace {

const LoopVariant& variant() { return loop_variants().front(); }

}  // namespace

void widen(const float* from, std::size_t step, std::size_t count, double* to) {
    if (step == 1) {
        const Stored run{reinterpret_cast<const std::byte*>(from), StoredType::f32};
        return widen(run, 0, count, 1, count, to, padded(count));
    }
    for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<double>(from[i * step]);
    for (std::size_t i = count; i < padded(count); ++i) to[i] = 0.0;
}

void widen(const Stored& from, std::size_t first, std::size_t pitch, std::size_t rows,
           std::size_t columns, double* to, std::size_t to_pitch) {
    variant().widen(from, first, pitch, rows, columns, to, to_pitch);
}

void dots(const double* x, const double* rows, std::size_t count, std::size_t length,
          double* sums) {
    variant().dots(x, rows, count, length, sums);
}

void column_dots(const double* x, const double* panel, std::size_t length, double* sums) {
    variant().column_dots(x, panel, length, sums);
}

void weighted_sum(const double* weights, const double* rows, std::size_t count, std::size_t length,
                  double* out) {
    variant().weighted_sum(weights, rows, count, length, out);
}

}  // namespace hekla::cpu
