// SPDX-License-Identifier: MIT
// Blocks written, held to what the formulas allow.
#include "weights/quantise.hpp"

#include "error_of.hpp"
#include "weights/quantised.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <random>
#include <vector>

namespace hekla::weights {
namespace {

using Values = std::vector<float>;
constexpr std::array all_types = {DType::q4_0, DType::q4_1, DType::q5_0, DType::q5_1,
                                  DType::q8_0, DType::q4_k, DType::q5_k, DType::q6_k};

Values noise(std::size_t count, unsigned seed, float size = 1) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, size);
    Values values(count);
    for (float& value : values) value = normal(random);
    return values;
}

std::vector<std::byte> quantised(DType type, const Values& values) {
    const Block block = block_of(type);
    std::vector<std::byte> blocks(values.size() / block.elements * block.bytes);
    quantise(type, values, blocks);
    REQUIRE_FALSE(find_unusable_block(type, blocks));
    return blocks;
}

Values there_and_back(DType type, const Values& values) {
    Values back(values.size());
    dequantise(type, quantised(type, values), back);
    return back;
}

/// What the plain rule allows in a part of a block: half a step each, where all values are within reach; types from -2^(b-1) to
/// 2^(b-1) - 1 miss a value at the far end by up to a step. `slack`: for scales that are rounded themselves.
double plain_bound(DType type, std::span<const float> part) {
    const auto [low, high] = std::minmax_element(part.begin(), part.end());
    const double largest = std::max(std::abs(*low), std::abs(*high));
    const double range = double{*high} - double{*low};
    const double range_from_zero = std::max(*high, 0.0f) - double{std::min(*low, 0.0f)};
    switch (type) {
        case DType::q4_0:
            return largest / 8;
        case DType::q4_1:
            return range / 15 / 2;
        case DType::q5_0:
            return largest / 16;
        case DType::q5_1:
            return range / 31 / 2;
        case DType::q8_0:
            return largest / 127 / 2;
        case DType::q4_k:
            return range_from_zero / 15 / 2;
        case DType::q5_k:
            return range_from_zero / 31 / 2;
        default:
            return largest / 32;
    }
}

/// Scales in f16 are off by 2^-11 at most; those of parts by half a step of a block's largest, 1/126 or 1/254 of it.
double rounding_of_scales(DType type, float largest) {
    switch (type) {
        case DType::q4_k:
        case DType::q5_k:
            return double{largest} * 2 / 126;
        case DType::q6_k:
            return double{largest} / 254;
        default:
            return double{largest} * 2 / 2048;
    }
}

}  // namespace

TEST_CASE("quantising is as near as the formula says, in every part of every block") {
    for (const DType type : all_types) {
        INFO(name_of(type));
        const std::size_t part = type == DType::q6_k ? 16 : 32;
        for (const float size : {1.0f, 0.02f, 30.0f}) {
            Values values = noise(256 * 41, 5, size);
            for (std::size_t i = 0; i < 256; ++i) values[i] += 3 * size;  // one side of zero only
            for (std::size_t i = 256; i < 512; ++i) values[i] -= 3 * size;
            values[700] = 20 * size;  // an outlier
            const Values back = there_and_back(type, values);
            double square = 0, allowed_square = 0;
            for (std::size_t p = 0; p < values.size() / part; ++p) {
                const std::span<const float> in(&values[p * part], part);
                const std::size_t block = p * part / block_of(type).elements;
                float largest = 0;
                for (std::size_t i = 0; i < block_of(type).elements; ++i)
                    largest =
                        std::max(largest, std::abs(values[block * block_of(type).elements + i]));
                const double allowed = plain_bound(type, in) + rounding_of_scales(type, largest);
                double error = 0;
                for (std::size_t i = 0; i < part; ++i)
                    error += std::pow(double{back[p * part + i]} - double{in[i]}, 2);
                INFO(p);
                CHECK(std::sqrt(error / static_cast<double>(part)) <= allowed);
                square += error;
                allowed_square += static_cast<double>(part) * allowed * allowed;
            }
            CHECK(square < 0.6 * allowed_square);  // evenly spread errors of half a step: a third
        }
    }
}

TEST_CASE("more bits are nearer") {
    const Values values = noise(256 * 64, 9);
    const auto error = [&](DType type) {
        const Values back = there_and_back(type, values);
        double square = 0;
        for (std::size_t i = 0; i < values.size(); ++i)
            square += std::pow(double{back[i]} - double{values[i]}, 2);
        return std::sqrt(square / static_cast<double>(values.size()));
    };
    CHECK(error(DType::q4_0) < 0.095);
    CHECK(error(DType::q4_1) < error(DType::q4_0));
    CHECK(error(DType::q4_k) < error(DType::q4_0));
    CHECK(error(DType::q5_0) < 0.55 * error(DType::q4_0));
    CHECK(error(DType::q5_k) < 0.55 * error(DType::q4_k));
    CHECK(error(DType::q6_k) < 0.6 * error(DType::q5_0));
    CHECK(error(DType::q8_0) < 0.35 * error(DType::q6_k));
}

TEST_CASE("the search beats plain rounding") {
    const Values values = noise(32 * 512, 3);
    double plain = 0, searched = 0;
    const Values back = there_and_back(DType::q4_0, values);
    for (std::size_t b = 0; b < 512; ++b) {
        float extreme = 0;
        for (std::size_t i = 0; i < 32; ++i)
            if (std::abs(values[32 * b + i]) > std::abs(extreme)) extreme = values[32 * b + i];
        const float d = extreme / -8;
        for (std::size_t i = 0; i < 32; ++i) {
            const float x = values[32 * b + i];
            const float near = d * std::clamp(std::nearbyint(x / d), -8.0f, 7.0f);
            plain += std::pow(double{near} - double{x}, 2);
            searched += std::pow(double{back[32 * b + i]} - double{x}, 2);
        }
    }
    CHECK(searched < 0.9 * plain);
}

TEST_CASE(
    "zeros stay zeros, constants stay near, and what blocks stand for is quantised to itself") {
    for (const DType type : all_types) {
        INFO(name_of(type));
        CHECK(there_and_back(type, Values(256)) == Values(256));
        for (const float constant : {0.75f, -0.3f, 1e-6f, 60000.0f})
            for (const float value : there_and_back(type, Values(256, constant)))
                CHECK(std::abs(value - constant) <= std::abs(constant) * 0.01f + 6e-8f * 32);
        const Values once = there_and_back(type, noise(256 * 8, 7));
        const Values twice = there_and_back(type, once);
        double worst = 0;
        for (std::size_t i = 0; i < once.size(); ++i)
            worst = std::max(worst, std::abs(double{twice[i]} - double{once[i]}));
        CHECK(worst <= (block_of(type).elements == 32 ? 2e-3 : 0.06));
    }
    CHECK(there_and_back(DType::q8_0, Values(32, 1e-12f)) == Values(32));  // below every f16
}

TEST_CASE("what no scale holds is refused") {
    for (const DType type : all_types) {
        INFO(name_of(type));
        std::vector<std::byte> blocks(256 / block_of(type).elements * block_of(type).bytes);
        const Thrown thrown = error_of([&] { quantise(type, Values(256, 3e38f), blocks); });
        CHECK(thrown.code == ErrorCode::invalid_file);
        CHECK(thrown.has("too large for the f16 scale"));
        CHECK(error_of([&] { quantise(type, Values(255), blocks); }).code == ErrorCode::internal);
    }
    CHECK(error_of([] { quantise(DType::f16, {}, {}); }).code == ErrorCode::internal);
}

}  // namespace hekla::weights
