// SPDX-License-Identifier: MIT
#include "loops.hpp"

#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#define HEKLA_CPU_AVX2 1
#endif

namespace hekla::cpu {

namespace {

typedef double Lanes __attribute__((vector_size(lane_count * sizeof(double)), may_alias));

#define HEKLA_INLINE [[gnu::always_inline]] inline

// --- the loops, compiled into each of the variants below -------------------------------------------------------------------

HEKLA_INLINE void widen_f32_body(const std::byte* from, std::size_t count, double* to) {
    for (std::size_t i = 0; i < count; ++i) {
        float value;
        std::memcpy(&value, from + i * sizeof value, sizeof value);
        to[i] = static_cast<double>(value);
    }
}

HEKLA_INLINE void widen_f16_body(const std::byte* from, std::size_t count, double* to) {
    for (std::size_t i = 0; i < count; ++i) {
        std::uint16_t half;
        std::memcpy(&half, from + i * sizeof half, sizeof half);
        to[i] = static_cast<double>(from_f16(half));
    }
}

HEKLA_INLINE void widen_bf16_body(const std::byte* from, std::size_t count, double* to) {
    for (std::size_t i = 0; i < count; ++i) {
        std::uint16_t half;
        std::memcpy(&half, from + i * sizeof half, sizeof half);
        to[i] = static_cast<double>(from_bf16(half));
    }
}

HEKLA_INLINE double sum_of(const Lanes& a) {
    return ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]));
}

/// `width` sums at a time.
template <std::size_t width>
HEKLA_INLINE void dot_group(const double* x, const double* rows, std::size_t length, double* sums) {
    Lanes totals[width] = {};
    for (std::size_t j = 0; j < length; j += lane_count) {
        const Lanes& factor = *reinterpret_cast<const Lanes*>(x + j);
        for (std::size_t i = 0; i < width; ++i) {
            totals[i] += factor * *reinterpret_cast<const Lanes*>(rows + i * length + j);
        }
    }
    for (std::size_t i = 0; i < width; ++i) sums[i] = sum_of(totals[i]);
}

HEKLA_INLINE void dots_body(const double* x, const double* rows, std::size_t count,
                            std::size_t length, double* sums) {
    std::size_t i = 0;
    for (; i + 4 <= count; i += 4) dot_group<4>(x, rows + i * length, length, sums + i);
    for (; i < count; ++i) dot_group<1>(x, rows + i * length, length, sums + i);
}

HEKLA_INLINE void weighted_sum_body(const double* weights, const double* rows, std::size_t count,
                                    std::size_t length, double* out) {
    for (std::size_t j = 0; j < length; j += lane_count) {
        Lanes total = {};
        for (std::size_t i = 0; i < count; ++i) {
            total += weights[i] * *reinterpret_cast<const Lanes*>(rows + i * length + j);
        }
        std::memcpy(out + j, &total, sizeof total);
    }
}

// --- the variants ----------------------------------------------------------------------------------------------------------

using Widen = void (*)(const std::byte*, std::size_t, double*);

struct Variant {
    Widen widen[3];  // by StoredType
    void (*dots)(const double*, const double*, std::size_t, std::size_t, double*);
    void (*weighted_sum)(const double*, const double*, std::size_t, std::size_t, double*);
};

#define HEKLA_VARIANT(name, attribute)                                                       \
    attribute void widen_f32_##name(const std::byte* from, std::size_t count, double* to) {  \
        widen_f32_body(from, count, to);                                                     \
    }                                                                                        \
    attribute void widen_f16_##name(const std::byte* from, std::size_t count, double* to) {  \
        widen_f16_body(from, count, to);                                                     \
    }                                                                                        \
    attribute void widen_bf16_##name(const std::byte* from, std::size_t count, double* to) { \
        widen_bf16_body(from, count, to);                                                    \
    }                                                                                        \
    attribute void dots_##name(const double* x, const double* rows, std::size_t count,       \
                               std::size_t length, double* sums) {                           \
        dots_body(x, rows, count, length, sums);                                             \
    }                                                                                        \
    attribute void weighted_sum_##name(const double* weights, const double* rows,            \
                                       std::size_t count, std::size_t length, double* out) { \
        weighted_sum_body(weights, rows, count, length, out);                                \
    }                                                                                        \
    constexpr Variant name = {{widen_f32_##name, widen_f16_##name, widen_bf16_##name},       \
                              dots_##name,                                                   \
                              weighted_sum_##name};

HEKLA_VARIANT(plain, )
#ifdef HEKLA_CPU_AVX2
HEKLA_VARIANT(avx2, __attribute__((target("avx2,fma"))))
#endif

const Variant& variant() {
#ifdef HEKLA_CPU_AVX2
    static const Variant& best =
        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? avx2 : plain;
    return best;
#else
    return plain;
#endif
}

void pad(double* to, std::size_t count) {
    for (std::size_t i = count; i < padded(count); ++i) to[i] = 0.0;
}

}  // namespace

void widen(const float* from, std::size_t step, std::size_t count, double* to) {
    if (step == 1) {
        variant().widen[0](reinterpret_cast<const std::byte*>(from), count, to);
    } else {
        for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<double>(from[i * step]);
    }
    pad(to, count);
}

void widen(const Stored& from, std::size_t first, std::size_t count, double* to) {
    variant().widen[static_cast<std::size_t>(from.type)](from.at(first), count, to);
    pad(to, count);
}

void dots(const double* x, const double* rows, std::size_t count, std::size_t length,
          double* sums) {
    variant().dots(x, rows, count, length, sums);
}

void weighted_sum(const double* weights, const double* rows, std::size_t count, std::size_t length,
                  double* out) {
    variant().weighted_sum(weights, rows, count, length, out);
}

}  // namespace hekla::cpu
