// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace hekla::text {

/// PCG32 (XSH-RR 64/32; O'Neill, PCG: A Family of Simple Fast Space-Efficient Statistically Good
/// Algorithms for Random Number Generation, 2014). Written out here, with its own step to a
/// fraction, because the distributions of the standard library differ between libraries: the same
/// seed gives the same numbers everywhere.
class Random {
  public:
    explicit Random(std::uint64_t seed, std::uint64_t stream = 0);

    /// Uniform over all 32-bit numbers.
    std::uint32_t next();
    /// Uniform over the multiples of 2^-53 in [0, 1): (a * 2^21 + (b >> 11)) * 2^-53 for the next
    /// two numbers a, b.
    double fraction();

  private:
    std::uint64_t state_ = 0;
    std::uint64_t increment_;
};

}  // namespace hekla::text
