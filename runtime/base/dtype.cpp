// SPDX-License-Identifier: MIT
#include "base/dtype.hpp"

#include <array>

namespace hekla {
namespace {

struct Row {
    DType type;
    std::string_view name;
    std::size_t size;
    bool floating;
};

// In the order of DType, so that a type is its row's position.
constexpr std::array<Row, 14> rows = {{
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

std::size_t size_bytes(DType type) { return rows.at(static_cast<std::size_t>(type)).size; }

bool is_floating(DType type) { return rows.at(static_cast<std::size_t>(type)).floating; }

}  // namespace hekla
