// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace hekla::vulkan {

/// 64 bits that tell damaged data from sound data; not a cryptographic hash. Every step is a bijection of the running value for
/// given input and of the input for a given running value, so any change within one 8-byte word changes the result.
inline uint64_t hash_bytes(std::span<const std::byte> bytes, uint64_t seed) {
    constexpr uint64_t odd = 0x9e3779b97f4a7c15u;  // 2^64 / golden ratio
    const auto mix = [](uint64_t hash, uint64_t word) {
        hash = (hash ^ word) * odd;
        return hash ^ (hash >> 32);
    };
    uint64_t hash = mix(seed, bytes.size());
    while (!bytes.empty()) {
        const size_t count = bytes.size() < 8 ? bytes.size() : 8;
        uint64_t word = 0;
        std::memcpy(&word, bytes.data(), count);
        hash = mix(hash, word);
        bytes = bytes.subspan(count);
    }
    return mix(hash, odd);
}

}  // namespace hekla::vulkan
