// SPDX-License-Identifier: MIT
#include "base/dtype.hpp"

#include <array>

namespace hekla {
namespace {

struct Row {
    DType type;
    std::string_view name;
    std::size_t size;  // of an element; quantised: of a block
    bool floating;
    std::uint32_t block = 1;  // elements
};

// In the order of DType, so that a type is its row's position.
constexpr std::array<Row, 22> rows = {{
    {DType::floating, "float", 0, true},
    {DType::f32, "f32", 4, true},
    {DType::f16, "f16", 2, true},
    {DType::bf16, "bf16", 2, true},
    {DType::f64, "f64", 8, true},
    {DType::i8, "i8", 1, false},
    {DType::u8, "u8", 1, false},
    {DType::i16, "i16", 2, false},
    {DType::u16, "u16", 2, false},
    {DType::i32, "i32", 4, false},
    {DType::u32, "u32", 4, false},
    {DType::i64, "i64", 8, false},
    {DType::u64, "u64", 8, false},
    {DType::boolean, "bool", 1, false},
    {DType::q4_0, "q4_0", 18, true, 32},
    {DType::q4_1, "q4_1", 20, true, 32},
    {DType::q5_0, "q5_0", 22, true, 32},
    {DType::q5_1, "q5_1", 24, true, 32},
    {DType::q8_0, "q8_0", 34, true, 32},
    {DType::q4_k, "q4_k", 144, true, 256},
    {DType::q5_k, "q5_k", 176, true, 256},
    {DType::q6_k, "q6_k", 210, true, 256},
}};

constexpr bool rows_in_order() {
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (static_cast<std::size_t>(rows[i].type) != i) return false;
    return true;
}
static_assert(rows_in_order());

}  // namespace

std::string_view name_of(DType type) { return rows.at(static_cast<std::size_t>(type)).name; }

std::optional<DType> find_dtype(std::string_view name) {
    for (const Row& row : rows)
        if (row.name == name) return row.type;
    return std::nullopt;
}

std::size_t size_bytes(DType type) {
    const Row& row = rows.at(static_cast<std::size_t>(type));
    return row.block == 1 ? row.size : 0;
}

Block block_of(DType type) {
    const Row& row = rows.at(static_cast<std::size_t>(type));
    return {row.block, static_cast<std::uint32_t>(row.size)};
}

bool is_floating(DType type) { return rows.at(static_cast<std::size_t>(type)).floating; }

bool is_quantised(DType type) { return rows.at(static_cast<std::size_t>(type)).block > 1; }

}  // namespace hekla
