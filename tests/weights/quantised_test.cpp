// SPDX-License-Identifier: MIT
#include "weights/quantised.hpp"

#include "base/file.hpp"
#include "weights/checkpoint.hpp"
#include "weights/pack.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>

namespace hekla::weights {
namespace {

TEST_CASE("blocks stand for what the reference says") {
    const std::string folder = HEKLA_TEST_DATA "/reference/ops/";
    const auto cases = nlohmann::json::parse(std::ifstream(folder + "dequantize.json"));
    const auto data = Checkpoint::open(folder + "dequantize.safetensors");
    std::size_t checked = 0;
    for (const auto& item : cases["cases"]) {
        std::string name = item["attrs"]["type"];
        for (char& c : name) c = static_cast<char>(std::tolower(c));
        const auto type = find_dtype(name);
        if (!type || !is_quantised(*type)) continue;
        INFO(name);
        const std::string id = item["id"];
        const auto tensor = [&](const std::string& what) {
            return data->bytes(data->tensors()[*data->find(id + "." + what)]);
        };
        const auto wanted = tensor("y");
        std::vector<float> got(wanted.size() / 4);
        dequantise(*type, tensor("bytes"), got);
        const double allowed =
            double{item["outputs"]["y"]["tolerance_rel_std"]} * double{item["outputs"]["y"]["std"]};
        double worst = 0;
        for (std::size_t i = 0; i < got.size(); ++i) {
            float value;
            std::memcpy(&value, wanted.data() + i * 4, 4);
            worst =
                std::max(worst, std::abs(static_cast<double>(got[i]) - static_cast<double>(value)));
        }
        CHECK(worst <= allowed);
        ++checked;
    }
    CHECK(checked == 8);
}

TEST_CASE("a scale that is not finite is found") {
    std::vector<std::byte> blocks(3 * 18);
    CHECK_FALSE(find_unusable_block(DType::q4_0, blocks));
    blocks[2 * 18 + 1] = std::byte{0x7c};
    CHECK(find_unusable_block(DType::q4_0, blocks) == 2);
    CHECK_FALSE(find_unusable_block(DType::f16, blocks));
}

TEST_CASE("packed rows lie side by side, filled up with zeros") {
    // 11 rows of 13: two groups; f32 rows are filled up to 16 words, f16 ones to 8.
    std::vector<float> values(11 * 13);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i + 1);
    const PackedMatrix matrix{DType::f32, 11, 13};
    REQUIRE(matrix.row_words() == 16);
    REQUIRE(matrix.size_bytes() == 2 * 8 * 16 * 4);
    std::vector<std::uint32_t> words(8 * 16);
    for (const bool transposed : {false, true}) {
        pack(matrix, std::as_bytes(std::span(values)), transposed, 1, 0, words);
        for (std::size_t row = 8; row < 16; ++row)
            for (std::size_t k = 0; k < 16; ++k) {
                const float stands = std::bit_cast<float>(words[k * 8 + row % 8]);
                const float wanted =
                    row < 11 && k < 13 ? values[transposed ? k * 11 + row : row * 13 + k] : 0.0f;
                CHECK(stands == wanted);
            }
    }
    // A piece from the middle of the rows.
    std::vector<std::uint32_t> piece(2 * 8);
    pack(matrix, std::as_bytes(std::span(values)), false, 0, 3, piece);
    CHECK(std::bit_cast<float>(piece[8 + 5]) == values[5 * 13 + 4]);
    // A lone scale gets a word to itself.
    CHECK(PackedMatrix{DType::q8_0, 8, 64}.row_words() == 2 * 9);
    CHECK(PackedMatrix{DType::q4_1, 8, 64}.row_words() == 2 * 5);
    CHECK(PackedMatrix{DType::q6_k, 8, 256}.row_words() == 53);
}

}  // namespace
}  // namespace hekla::weights
