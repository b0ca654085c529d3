// SPDX-License-Identifier: MIT
//
// The blocks, byte by byte (d and m are f16, little-endian; elements count from 0):
//
//   q8_0   d, 32 x i8                          x = d q
//   q4_0   d, 16 bytes                         x = d (q - 8); byte i holds element i (low half) and i + 16 (high half)
//   q4_1   d, m, 16 bytes                      x = d q + m
//   q5_0   d, 32 bits of fifth bits, 16 bytes  x = d (q - 16); bit i is bit 4 of element i
//   q5_1   d, m, 32 bits, 16 bytes             x = d q + m
//   q4_k   d, m, 12 bytes of scales, 128 bytes x = d s_j q - m t_j, j = element / 32; bytes 32 p to 32 p + 31 hold elements 64 p to
//                                              64 p + 31 (low halves) and 64 p + 32 to 64 p + 63 (high halves)
//   q5_k   d, m, 12 bytes, 32 bytes, 128 bytes the same with fifth bits: bit j of byte (element % 32)
//   q6_k   128 bytes, 64 bytes, 16 x i8 s, d   x = d s_j (q - 32), j = element / 16; per half of 128 elements: low four bits in 64
//                                              bytes, upper two in 32
//
// The 12 bytes hold eight pairs (s_j, t_j) of six bits: for j < 4 the low six bits of bytes j and j + 4; for j >= 4 the four low (s) or
// high (t) bits of byte j + 4, and above them the two upper bits of bytes j - 4 (s) and j (t).
#include "weights/quantised.hpp"

#include "base/error.hpp"
#include "weights/convert.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>

namespace hekla::weights {
namespace {

using Bytes = const std::uint8_t*;

float half_at(Bytes at) { return f16_to_f32(static_cast<std::uint16_t>(at[0] | at[1] << 8)); }

std::uint32_t bits_at(Bytes at) {
    std::uint32_t bits;
    std::memcpy(&bits, at, sizeof bits);
    return bits;
}

void q8_0(Bytes in, float* out) {
    const float d = half_at(in);
    for (int i = 0; i < 32; ++i)
        out[i] = d * static_cast<float>(static_cast<std::int8_t>(in[2 + i]));
}

/// Types of 32 elements and four or five bits: the halves of 16 bytes, `fifth` bits above them, times d, plus m.
void halves(Bytes nibbles, std::uint32_t fifth, float d, float m, float* out) {
    for (int i = 0; i < 16; ++i) {
        const auto low = (nibbles[i] & 15u) | (fifth >> i & 1u) << 4;
        const auto high = static_cast<std::uint32_t>(nibbles[i] >> 4) | (fifth >> (i + 16) & 1u)
                                                                            << 4;
        out[i] = d * static_cast<float>(low) + m;
        out[i + 16] = d * static_cast<float>(high) + m;
    }
}
void q4_0(Bytes in, float* out) {
    const float d = half_at(in);
    halves(in + 2, 0, d, -8.0f * d, out);
}
void q4_1(Bytes in, float* out) { halves(in + 4, 0, half_at(in), half_at(in + 2), out); }
void q5_0(Bytes in, float* out) {
    const float d = half_at(in);
    halves(in + 6, bits_at(in + 2), d, -16.0f * d, out);
}
void q5_1(Bytes in, float* out) {
    halves(in + 8, bits_at(in + 4), half_at(in), half_at(in + 2), out);
}

struct Pair {
    std::uint32_t scale, minimum;
};
Pair pair_at(Bytes packed, int j) {
    if (j < 4) return {packed[j] & 63u, packed[j + 4] & 63u};
    return {(packed[j + 4] & 15u) | static_cast<std::uint32_t>(packed[j - 4] >> 6) << 4,
            static_cast<std::uint32_t>(packed[j + 4] >> 4) |
                static_cast<std::uint32_t>(packed[j] >> 6) << 4};
}

/// q4_k and, with fifth bits, q5_k.
void k_block(Bytes in, Bytes fifth, Bytes nibbles, float* out) {
    const float d = half_at(in), m = half_at(in + 2);
    for (int j = 0; j < 8; ++j) {
        const Pair pair = pair_at(in + 4, j);
        const float scale = d * static_cast<float>(pair.scale);
        const float minimum = m * static_cast<float>(pair.minimum);
        for (int i = 0; i < 32; ++i) {
            std::uint32_t q = nibbles[32 * (j / 2) + i];
            q = j % 2 == 0 ? q & 15u : q >> 4;
            if (fifth != nullptr) q |= static_cast<std::uint32_t>(fifth[i] >> j & 1) << 4;
            out[32 * j + i] = scale * static_cast<float>(q) - minimum;
        }
    }
}
void q4_k(Bytes in, float* out) { k_block(in, nullptr, in + 16, out); }
void q5_k(Bytes in, float* out) { k_block(in, in + 16, in + 48, out); }

void q6_k(Bytes in, float* out) {
    const Bytes lower = in, upper = in + 128, scales = in + 192;
    const float d = half_at(in + 208);
    for (int e = 0; e < 256; ++e) {
        const int half = e / 128, quarter = e % 128 / 32, i = e % 32;
        const std::uint32_t four = lower[64 * half + 32 * (quarter % 2) + i];
        const std::uint32_t two = upper[32 * half + i];
        const std::uint32_t q = (quarter < 2 ? four & 15u : four >> 4) | (two >> (2 * quarter) & 3u)
                                                                             << 4;
        const float scale = d * static_cast<float>(static_cast<std::int8_t>(scales[e / 16]));
        out[e] = scale * static_cast<float>(static_cast<int>(q) - 32);
    }
}

using Unpack = void (*)(Bytes, float*);
Unpack unpack_of(DType type) {
    switch (type) {
        case DType::q4_0:
            return q4_0;
        case DType::q4_1:
            return q4_1;
        case DType::q5_0:
            return q5_0;
        case DType::q5_1:
            return q5_1;
        case DType::q8_0:
            return q8_0;
        case DType::q4_k:
            return q4_k;
        case DType::q5_k:
            return q5_k;
        case DType::q6_k:
            return q6_k;
        default:
            return nullptr;
    }
}

std::size_t whole_blocks(DType type, std::size_t bytes, std::size_t elements) {
    const Block block = block_of(type);
    const std::size_t count = bytes / block.bytes;
    if (count * block.bytes != bytes || count * block.elements != elements)
        throw Error(ErrorCode::internal,
                    "buffers of " + std::string(name_of(type)) + " whose sizes do not match");
    return count;
}

}  // namespace

void dequantise(DType type, std::span<const std::byte> blocks, std::span<float> out) {
    const Unpack unpack = unpack_of(type);
    if (unpack == nullptr)
        throw Error(ErrorCode::internal, std::string(name_of(type)) + " is not a quantised type");
    const std::size_t count = whole_blocks(type, blocks.size(), out.size());
    const Block block = block_of(type);
    const auto* in = reinterpret_cast<Bytes>(blocks.data());
    for (std::size_t b = 0; b < count; ++b)
        unpack(in + b * block.bytes, out.data() + b * block.elements);
}

std::optional<std::size_t> find_unusable_block(DType type, std::span<const std::byte> blocks) {
    if (!is_quantised(type)) return std::nullopt;
    const Block block = block_of(type);
    const bool has_minimum =
        type == DType::q4_1 || type == DType::q5_1 || type == DType::q4_k || type == DType::q5_k;
    const std::size_t scale = type == DType::q6_k ? 208 : 0;
    const auto* in = reinterpret_cast<Bytes>(blocks.data());
    const auto finite = [](Bytes at) { return (at[1] & 0x7c) != 0x7c; };  // the exponent's bits
    for (std::size_t b = 0; b < blocks.size() / block.bytes; ++b, in += block.bytes)
        if (!finite(in + scale) || (has_minimum && !finite(in + 2))) return b;
    return std::nullopt;
}

}  // namespace hekla::weights
