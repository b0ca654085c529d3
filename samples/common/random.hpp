// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

namespace hekla::host {

/// PCG32 (XSH-RR 64/32; O'Neill, PCG: A Family of Simple Fast Space-Efficient Statistically Good
/// Algorithms for Random Number Generation, 2014). Written out here, with its own steps to fractions
/// and normal numbers, because the distributions and the logarithm of the standard library differ
/// between libraries: the same seed gives the same numbers everywhere.
class Random {
  public:
    /// Numbers of different streams are independent: picture i of a batch takes stream i, so that
    /// it does not depend on the batch it is in.
    explicit Random(std::uint64_t seed, std::uint64_t stream = 0);

    /// Uniform over all 32-bit numbers.
    std::uint32_t next();
    /// Uniform over the multiples of 2^-53 in [0, 1): (a * 2^21 + (b >> 11)) * 2^-53 for the next
    /// two numbers a, b.
    double fraction();
    /// Mean 0, variance 1: Marsaglia and Bray's polar method (A Convenient Method for Generating
    /// Normal Variables, 1964), both numbers of a pair used. Only +, -, *, / and sqrt are taken, which
    /// IEEE 754 rounds alike everywhere.
    double normal();
    /// Fills with normal numbers, rounded to float.
    void fill_normal(std::span<float> out);

  private:
    std::uint64_t state_ = 0;
    std::uint64_t increment_;
    double spare_ = 0;  // the second of a pair
    bool has_spare_ = false;
};

}  // namespace hekla::host
