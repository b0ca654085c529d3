// SPDX-License-Identifier: MIT
#include "random.hpp"

#include <bit>

namespace hekla::text {

Random::Random(std::uint64_t seed, std::uint64_t stream) : increment_((stream << 1) | 1) {
    next();
    state_ += seed;
    next();
}

std::uint32_t Random::next() {
    const std::uint64_t old = state_;
    state_ = old * 6364136223846793005u + increment_;
    const auto shifted = static_cast<std::uint32_t>(((old >> 18) ^ old) >> 27);
    return std::rotr(shifted, static_cast<int>(old >> 59));
}

double Random::fraction() {
    const std::uint64_t a = next();
    const std::uint64_t b = next();
    return static_cast<double>((a << 21) | (b >> 11)) * 0x1p-53;
}

}  // namespace hekla::text
