// SPDX-License-Identifier: MIT
// Every instruction set's loops give the sums that loops.hpp promises, to the last bit, in its order.
#include "cpu_harness.hpp"
#include "loops.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

using namespace hekla::cpu;

namespace {

/// Doubles at a 64-byte boundary, widened from floats; places up to `room` are zeros.
class Aligned {
  public:
    Aligned(const std::vector<float>& from, std::size_t room) : memory_(room / lane_count + 1) {
        std::copy(from.begin(), from.end(), data());
    }
    double* data() { return memory_.front().lanes; }

  private:
    struct alignas(64) Line {
        double lanes[lane_count] = {};
    };
    std::vector<Line> memory_;
};

std::vector<float> random(std::size_t count, std::uint32_t seed) {
    return cpu_test::random_values({static_cast<std::uint32_t>(count)}, seed).data;
}

/// The promised order, one term after the other. `step`: distance of the second factor's terms.
double sum_in_order(const double* x, const double* w, std::size_t count, std::size_t step) {
    double lanes[lane_count] = {};
    for (std::size_t j = 0; j < count; ++j) lanes[j % lane_count] += x[j] * w[j * step];
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) +
           ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

}  // namespace

TEST_CASE("cpu loops: sums in the promised order") {
    CHECK(loop_variants().size() >= 1);
    CHECK(std::string(loop_variants().back().name) == "plain");
    for (const LoopVariant& variant : loop_variants()) {
        for (const std::size_t count : {1, 7, 8, 9, 31, 64, 1003}) {
            INFO(variant.name << ", " << count << " terms");
            const std::size_t length = padded(count);
            Aligned x(random(count, 1), length);
            for (const std::size_t rows : {1, 2, 3, 4, 5, 11}) {
                Aligned w({}, rows * length);
                for (std::size_t i = 0; i < rows; ++i) {
                    std::ranges::copy(random(count, 2 + static_cast<std::uint32_t>(i)),
                                      w.data() + i * length);
                }
                std::vector<double> sums(rows + 1, 77.0);
                variant.dots(x.data(), w.data(), rows, length, sums.data());
                for (std::size_t i = 0; i < rows; ++i) {
                    CHECK(sums[i] == sum_in_order(x.data(), w.data() + i * length, count, 1));
                }
                CHECK(sums[rows] == 77.0);
            }
            Aligned panel(random(count * panel_columns, 20), count * panel_columns);
            double sums[panel_columns + 1];
            sums[panel_columns] = 77.0;
            variant.column_dots(x.data(), panel.data(), count, sums);
            for (std::size_t c = 0; c < panel_columns; ++c) {
                CHECK(sums[c] == sum_in_order(x.data(), panel.data() + c, count, panel_columns));
            }
            CHECK(sums[panel_columns] == 77.0);

            // Weights of few bits, so that these products are exact as well.
            Aligned rows(random(5 * length, 30), 5 * length);
            const double weights[] = {0.5, -0.375, 1.0, 0.0, 3.0};
            std::vector<double> out(length);
            variant.weighted_sum(weights, rows.data(), 5, length, out.data());
            for (std::size_t j = 0; j < length; ++j) {
                double sum = 0.0;
                for (std::size_t i = 0; i < 5; ++i) sum += weights[i] * rows.data()[i * length + j];
                CHECK(out[j] == sum);
            }
        }
    }
}

TEST_CASE("cpu loops: every stored value is widened exactly") {
    std::vector<std::uint16_t> halves(0x10000);
    for (std::uint32_t i = 0; i < 0x10000u; ++i) halves[i] = static_cast<std::uint16_t>(i);
    const std::vector<float> floats = {0.0f,
                                       -0.0f,
                                       1.5f,
                                       -3e38f,
                                       std::numeric_limits<float>::denorm_min(),
                                       std::numeric_limits<float>::infinity(),
                                       7.0f};
    const auto bytes = [](const auto& values) {
        return reinterpret_cast<const std::byte*>(values.data());
    };
    for (const LoopVariant& variant : loop_variants()) {
        INFO(variant.name);
        std::vector<double> wide(0x10000);
        std::size_t wrong = 0;
        const auto differs = [](double got, double truth) {
            if (std::isnan(truth)) return !std::isnan(got);
            return got != truth || std::signbit(got) != std::signbit(truth);
        };
        // Odd pieces, so that the ends of vectorised loops are seen as well.
        const std::size_t piece = 131;
        for (const StoredType type : {StoredType::f16, StoredType::bf16}) {
            for (std::size_t first = 0; first < wide.size(); first += piece) {
                const std::size_t count = std::min(piece, wide.size() - first);
                variant.widen({bytes(halves), type}, first, count, 1, count, wide.data() + first,
                              count);
            }
            for (std::size_t i = 0; i < wide.size(); ++i) {
                float truth;
                if (type == StoredType::f16) {
                    _Float16 half;
                    std::memcpy(&half, &halves[i], sizeof half);
                    truth = static_cast<float>(half);
                } else {
                    const std::uint32_t bits = std::uint32_t{halves[i]} << 16;
                    std::memcpy(&truth, &bits, sizeof truth);
                }
                if (differs(wide[i], static_cast<double>(truth))) ++wrong;
            }
        }
        CHECK(wrong == 0);

        // Rows [1, 4) and [4, 7) of three, padded to 5.
        double block[11];
        std::fill_n(block, 11, 77.0);
        variant.widen({bytes(floats), StoredType::f32}, 1, 3, 2, 3, block, 5);
        for (std::size_t i = 0; i < 10; ++i) {
            const double truth =
                i % 5 < 3 ? static_cast<double>(floats[1 + i / 5 * 3 + i % 5]) : 0.0;
            CHECK(!differs(block[i], truth));
        }
        CHECK(block[10] == 77.0);
    }
}
