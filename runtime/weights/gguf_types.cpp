// SPDX-License-Identifier: MIT
#include "weights/gguf_types.hpp"

#include <array>

namespace hekla::weights {

std::size_t gguf_value_bytes(std::uint32_t type) {
    constexpr std::array<std::uint8_t, 13> bytes = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    return type < bytes.size() ? bytes[type] : 0;
}

std::optional<DType> find_gguf_dtype(std::uint32_t type) {
    switch (type) {
        case 0:
            return DType::f32;
        case 1:
            return DType::f16;
        case 24:
            return DType::i8;
        case 25:
            return DType::i16;
        case 26:
            return DType::i32;
        case 27:
            return DType::i64;
        case 28:
            return DType::f64;
        case 30:
            return DType::bf16;
        default:
            return std::nullopt;
    }
}

std::string_view foreign_gguf_type(std::uint32_t type) {
    // 4, 5, 31 to 33 and 36 to 38 were types once.
    constexpr std::array<std::string_view, 40> names = {
        "",        "",       "Q4_0",    "Q4_1",  "",       "",      "Q5_0",  "Q5_1",
        "Q8_0",    "Q8_1",   "Q2_K",    "Q3_K",  "Q4_K",   "Q5_K",  "Q6_K",  "Q8_K",
        "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ2_S", "IQ4_XS",
        "",        "",       "",        "",      "",       "IQ1_M", "",      "",
        "",        "",       "TQ1_0",   "TQ2_0", "",       "",      "",      "MXFP4"};
    return type < names.size() ? names[type] : std::string_view{};
}

}  // namespace hekla::weights
