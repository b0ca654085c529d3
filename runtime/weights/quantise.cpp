// SPDX-License-Identifier: MIT
#include "weights/quantise.hpp"

#include "base/error.hpp"
#include "weights/convert.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>

namespace hekla::weights {
namespace {

/// Steps tried, as parts of the smallest that reaches every value; the plain rule first.
constexpr std::array<float, 11> step_lengths = {1.0f,   0.975f, 0.95f,  0.925f, 0.9f,  0.875f,
                                                1.025f, 1.05f,  1.075f, 1.1f,   1.125f};

float rounded_to_f16(float value) { return f16_to_f32(f32_to_f16(value)); }

void put_half(float value, std::uint8_t* out) {
    const std::uint16_t half = f32_to_f16(value);
    if ((half & 0x7c00) == 0x7c00)
        throw Error(ErrorCode::invalid_file,
                    "values up to " + std::to_string(value) +
                        " times the largest step are too large for the f16 scale of a block");
    out[0] = static_cast<std::uint8_t>(half);
    out[1] = static_cast<std::uint8_t>(half >> 8);
}

/// The nearest whole number, ties to even, without the library's errno and traps; |value| < 2^22.
int nearest(float value) {
    constexpr float shift = 12582912.0f;  // 1.5 * 2^23: the sum's last bit counts ones
    const float sum = value + shift;
    std::int32_t bits;
    std::memcpy(&bits, &sum, sizeof bits);
    return bits - 0x4b400000;
}

int step_of(float value, float inverse, int low, int high) {
    return nearest(std::clamp(value * inverse, static_cast<float>(low), static_cast<float>(high)));
}

/// x = scale q + minimum, for q in [low, high].
struct Fit {
    float scale = 0;
    float minimum = 0;
};

/// The error of the nearest steps.
double error_of(const Fit& fit, const float* x, int count, int low, int high) {
    const float inverse = fit.scale != 0 ? 1 / fit.scale : 0;
    double error = 0;
    for (int i = 0; i < count; ++i) {
        const int q = step_of(x[i] - fit.minimum, inverse, low, high);
        const double off = fit.scale * static_cast<float>(q) + fit.minimum - x[i];
        error += off * off;
    }
    return error;
}

/// Sums over the values and the steps that are nearest to them.
struct Sums {
    double x = 0, q = 0, qq = 0, xq = 0;
};
Sums sums_of(const Fit& fit, const float* x, int count, int low, int high) {
    const float inverse = fit.scale != 0 ? 1 / fit.scale : 0;
    Sums sums;
    for (int i = 0; i < count; ++i) {
        const double q = step_of(x[i] - fit.minimum, inverse, low, high), value = x[i];
        sums.x += value;
        sums.q += q;
        sums.qq += q * q;
        sums.xq += value * q;
    }
    return sums;
}

/// Without a minimum. The value of largest magnitude is `low` steps (of either sign) in the plain rule.
template <typename Stored>
Fit fit_scale(const float* x, int count, int low, int high, const Stored& stored) {
    float extreme = 0;
    for (int i = 0; i < count; ++i)
        if (std::abs(x[i]) > std::abs(extreme)) extreme = x[i];
    Fit best;
    if (extreme == 0) return best;
    double least = -1;
    const auto consider = [&](float scale) {
        const Fit fit{stored(scale), 0};
        if (fit.scale == 0) return;
        const double error = error_of(fit, x, count, low, high);
        if (least >= 0 && error >= least) return;
        least = error;
        best = fit;
    };
    for (const float length : step_lengths) {
        const float scale = extreme / static_cast<float>(low) * length;
        consider(scale);
        const Sums sums = sums_of({scale, 0}, x, count, low, high);
        if (sums.qq > 0) consider(static_cast<float>(sums.xq / sums.qq));
    }
    return best;
}

/// With a minimum, which `below_zero` keeps from being positive.
template <typename Stored>
Fit fit_scale_and_minimum(const float* x, int count, int high, bool below_zero,
                          const Stored& stored) {
    const auto [least_x, most_x] = std::minmax_element(x, x + count);
    const float from = below_zero ? std::min(*least_x, 0.0f) : *least_x, range = *most_x - from;
    Fit best = stored({0, from});
    double least = error_of(best, x, count, 0, high);
    if (!(range > 0)) return best;
    bool first = true;
    const auto consider = [&](Fit fit) {
        if (below_zero) fit.minimum = std::min(fit.minimum, 0.0f);
        fit = stored(fit);
        const double error = error_of(fit, x, count, 0, high);
        if (!first && error >= least) return;
        first = false;
        least = error;
        best = fit;
    };
    for (const float length : step_lengths) {
        const Fit fit{range / static_cast<float>(high) * length, from};
        consider(fit);
        const Sums sums = sums_of(fit, x, count, 0, high);
        const double spread = count * sums.qq - sums.q * sums.q;
        if (spread <= 0) continue;
        const double scale = (count * sums.xq - sums.x * sums.q) / spread;
        const double minimum = (sums.x - scale * sums.q) / count;
        if (below_zero && minimum > 0)
            consider({static_cast<float>(sums.xq / sums.qq), 0});
        else
            consider({static_cast<float>(scale), static_cast<float>(minimum)});
    }
    return best;
}

Fit in_f16(Fit fit) { return {rounded_to_f16(fit.scale), rounded_to_f16(fit.minimum)}; }

void to_q8_0(const float* x, std::uint8_t* out) {
    const Fit fit = fit_scale(x, 32, -127, 127, rounded_to_f16);
    put_half(fit.scale, out);
    const float inverse = fit.scale != 0 ? 1 / fit.scale : 0;
    for (int i = 0; i < 32; ++i)
        out[2 + i] = static_cast<std::uint8_t>(step_of(x[i], inverse, -127, 127));
}

/// The halves of 16 bytes and, where there are five bits, 32 fifth ones in front.
void put_steps(const Fit& fit, const float* x, int low, int high, std::uint8_t* out) {
    const float inverse = fit.scale != 0 ? 1 / fit.scale : 0;
    std::uint32_t fifth = 0;
    std::uint8_t* const nibbles = out + (high - low > 15 ? 4 : 0);
    for (int i = 0; i < 16; ++i) {
        const auto first =
            static_cast<std::uint32_t>(step_of(x[i] - fit.minimum, inverse, low, high) - low);
        const auto second =
            static_cast<std::uint32_t>(step_of(x[i + 16] - fit.minimum, inverse, low, high) - low);
        nibbles[i] = static_cast<std::uint8_t>((first & 15u) | (second & 15u) << 4);
        fifth |= (first >> 4) << i | (second >> 4) << (i + 16);
    }
    if (nibbles != out) std::memcpy(out, &fifth, sizeof fifth);
}

template <int low, int high>
void to_scaled(const float* x, std::uint8_t* out) {
    const Fit fit = fit_scale(x, 32, low, high, rounded_to_f16);
    put_half(fit.scale, out);
    put_steps(fit, x, low, high, out + 2);
}

template <int high>
void to_scaled_and_moved(const float* x, std::uint8_t* out) {
    const Fit fit = fit_scale_and_minimum(x, 32, high, false, in_f16);
    put_half(fit.scale, out);
    put_half(fit.minimum, out + 2);
    put_steps(fit, x, 0, high, out + 4);
}

/// q4_k and q5_k: eight parts of 32, x = d s_j q - m t_j.
template <int high>
void to_parts_with_minimum(const float* x, std::uint8_t* out) {
    std::array<Fit, 8> parts;
    float scale = 0, minimum = 0;
    for (std::size_t j = 0; j < 8; ++j) {
        parts[j] = fit_scale_and_minimum(x + 32 * j, 32, high, true, [](Fit fit) { return fit; });
        scale = std::max(scale, parts[j].scale);
        minimum = std::max(minimum, -parts[j].minimum);
    }
    put_half(scale / 63, out);
    put_half(minimum / 63, out + 2);
    const float d = rounded_to_f16(scale / 63), m = rounded_to_f16(minimum / 63);
    std::uint8_t* const packed = out + 4;
    std::uint8_t* const fifth = out + 16;
    std::uint8_t* const nibbles = high > 15 ? out + 48 : out + 16;
    std::memset(packed, 0, static_cast<std::size_t>(nibbles - packed) + 128);
    for (std::size_t j = 0; j < 8; ++j) {
        const int s = d > 0 ? std::clamp(nearest(parts[j].scale / d), 0, 63) : 0;
        const int t = m > 0 ? std::clamp(nearest(-parts[j].minimum / m), 0, 63) : 0;
        if (j < 4) {
            packed[j] = static_cast<std::uint8_t>(packed[j] | s);
            packed[j + 4] = static_cast<std::uint8_t>(packed[j + 4] | t);
        } else {
            packed[j + 4] = static_cast<std::uint8_t>((s & 15) | (t & 15) << 4);
            packed[j - 4] = static_cast<std::uint8_t>(packed[j - 4] | (s >> 4) << 6);
            packed[j] = static_cast<std::uint8_t>(packed[j] | (t >> 4) << 6);
        }
        const Fit fit{d * static_cast<float>(s), -m * static_cast<float>(t)};
        const float inverse = fit.scale != 0 ? 1 / fit.scale : 0;
        for (std::size_t i = 0; i < 32; ++i) {
            const int q = step_of(x[32 * j + i] - fit.minimum, inverse, 0, high);
            std::uint8_t& pair = nibbles[32 * (j / 2) + i];
            pair = static_cast<std::uint8_t>(pair | (q & 15) << (4 * (j % 2)));
            if (high > 15) fifth[i] = static_cast<std::uint8_t>(fifth[i] | (q >> 4) << j);
        }
    }
}

/// Sixteen parts of 16, x = d s_j (q - 32).
void to_q6_k(const float* x, std::uint8_t* out) {
    std::array<float, 16> scales;
    float largest = 0;
    for (std::size_t j = 0; j < 16; ++j) {
        scales[j] = fit_scale(x + 16 * j, 16, -32, 31, [](float scale) { return scale; }).scale;
        largest = std::max(largest, std::abs(scales[j]));
    }
    std::memset(out, 0, 208);
    put_half(largest / 127, out + 208);
    const float d = rounded_to_f16(largest / 127);
    for (std::size_t j = 0; j < 16; ++j) {
        const int s = d > 0 ? std::clamp(nearest(scales[j] / d), -127, 127) : 0;
        out[192 + j] = static_cast<std::uint8_t>(s);
        const float inverse = s != 0 ? 1 / (d * static_cast<float>(s)) : 0;
        for (std::size_t i = 0; i < 16; ++i) {
            const std::size_t e = 16 * j + i, half = e / 128, quarter = e % 128 / 32, at = e % 32;
            const int q = step_of(x[e], inverse, -32, 31) + 32;
            std::uint8_t& four = out[64 * half + 32 * (quarter % 2) + at];
            four = static_cast<std::uint8_t>(four | (q & 15) << (quarter < 2 ? 0 : 4));
            std::uint8_t& two = out[128 + 32 * half + at];
            two = static_cast<std::uint8_t>(two | (q >> 4) << (2 * quarter));
        }
    }
}

using Pack = void (*)(const float*, std::uint8_t*);
Pack pack_of(DType type) {
    switch (type) {
        case DType::q4_0:
            return to_scaled<-8, 7>;
        case DType::q4_1:
            return to_scaled_and_moved<15>;
        case DType::q5_0:
            return to_scaled<-16, 15>;
        case DType::q5_1:
            return to_scaled_and_moved<31>;
        case DType::q8_0:
            return to_q8_0;
        case DType::q4_k:
            return to_parts_with_minimum<15>;
        case DType::q5_k:
            return to_parts_with_minimum<31>;
        case DType::q6_k:
            return to_q6_k;
        default:
            throw Error(ErrorCode::internal, std::string(name_of(type)) + " is no quantised type");
    }
}

}  // namespace

void quantise(DType type, std::span<const float> values, std::span<std::byte> blocks) {
    const Pack pack = pack_of(type);
    const Block block = block_of(type);
    const std::size_t count = blocks.size() / block.bytes;
    if (count * block.bytes != blocks.size() || count * block.elements != values.size())
        throw Error(ErrorCode::internal,
                    "buffers of " + std::string(name_of(type)) + " whose sizes do not match");
    auto* const out = reinterpret_cast<std::uint8_t*>(blocks.data());
    for (std::size_t b = 0; b < count; ++b)
        pack(values.data() + b * block.elements, out + b * block.bytes);
}

}  // namespace hekla::weights
