// SPDX-License-Identifier: MIT
#include "random.hpp"

#include <bit>
#include <cmath>

namespace hekla::host {
namespace {

/// ln x for a normal x > 0, from basic operations: x = m * 2^e with m near 1, and
/// ln m = 2 atanh(s) = 2 (s + s^3/3 + s^5/5 + ...) with s = (m - 1) / (m + 1), |s| < 0.172. The first
/// term left out is below 2^-60 of the sum.
double natural_log(double x) {
    constexpr double ln_2 = 0.693147180559945309417232121458;
    constexpr double sqrt_2 = 1.41421356237309504880168872421;
    int e = 0;
    double m = 2 * std::frexp(x, &e);  // [1, 2)
    --e;
    if (m > sqrt_2) {
        m /= 2;
        ++e;
    }
    const double s = (m - 1) / (m + 1);
    double sum = 0;
    for (int n = 23; n >= 1; n -= 2) sum = sum * (s * s) + 1.0 / n;
    return e * ln_2 + 2 * s * sum;
}

}  // namespace

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

double Random::normal() {
    if (has_spare_) {
        has_spare_ = false;
        return spare_;
    }
    for (;;) {
        const double u = 2 * fraction() - 1;
        const double v = 2 * fraction() - 1;
        const double r = u * u + v * v;
        if (r >= 1 || r == 0) continue;
        const double scale = std::sqrt(-2 * natural_log(r) / r);
        spare_ = v * scale;
        has_spare_ = true;
        return u * scale;
    }
}

void Random::fill_normal(std::span<float> out) {
    for (float& value : out) value = static_cast<float>(normal());
}

}  // namespace hekla::host
