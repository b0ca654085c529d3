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
        case 2:
            return DType::q4_0;
        case 3:
            return DType::q4_1;
        case 6:
            return DType::q5_0;
        case 7:
            return DType::q5_1;
        case 8:
            return DType::q8_0;
        case 12:
            return DType::q4_k;
        case 13:
            return DType::q5_k;
        case 14:
            return DType::q6_k;
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

std::optional<std::uint32_t> find_gguf_type(DType type) {
    for (std::uint32_t number = 0; number <= 30; ++number)
        if (find_gguf_dtype(number) == type) return number;
    return std::nullopt;
}

std::string_view foreign_gguf_type(std::uint32_t type) {
    // 4, 5, 31 to 33 and 36 to 38 were types once.
    constexpr std::array<std::string_view, 40> names = {
        "",        "",       "",        "",      "",       "",      "",      "",
        "",        "Q8_1",   "Q2_K",    "Q3_K",  "",       "",      "",      "Q8_K",
        "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ2_S", "IQ4_XS",
        "",        "",       "",        "",      "",       "IQ1_M", "",      "",
        "",        "",       "TQ1_0",   "TQ2_0", "",       "",      "",      "MXFP4"};
    return type < names.size() ? names[type] : std::string_view{};
}

}  // namespace hekla::weights
