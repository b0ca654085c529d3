// SPDX-License-Identifier: MIT
#include "weights/safetensors_types.hpp"

#include "base/checked.hpp"

#include <algorithm>
#include <limits>

namespace hekla::weights {

namespace {

struct StoredType {
    std::string_view name;
    DType dtype;
};
constexpr StoredType stored_types[] = {
    {"F64", DType::f64},      {"F32", DType::f32}, {"F16", DType::f16}, {"BF16", DType::bf16},
    {"I64", DType::i64},      {"I32", DType::i32}, {"I16", DType::i16}, {"I8", DType::i8},
    {"U64", DType::u64},      {"U32", DType::u32}, {"U16", DType::u16}, {"U8", DType::u8},
    {"BOOL", DType::boolean},
};
constexpr std::string_view foreign_types[] = {"F8_E5M2", "F8_E4M3", "F8_E8M0", "F6_E2M3",
                                              "F6_E3M2", "F4",      "C64"};

}  // namespace

std::string_view safetensors_name(DType dtype) {
    for (const StoredType& type : stored_types)
        if (type.dtype == dtype) return type.name;
    return {};
}

std::optional<DType> find_safetensors_type(std::string_view name) {
    for (const StoredType& type : stored_types)
        if (type.name == name) return type.dtype;
    return std::nullopt;
}

bool is_foreign_type(std::string_view name) {
    return std::find(std::begin(foreign_types), std::end(foreign_types), name) !=
           std::end(foreign_types);
}

std::optional<std::uint64_t> stored_size(DType dtype, std::span<const std::int64_t> shape) {
    const Block block = block_of(dtype);
    std::uint64_t product = block.bytes;
    bool empty = false;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        const std::int64_t size = axis + 1 < shape.size() ? shape[axis] : shape[axis] / block.elements;
        if (size == 0) empty = true;
        const auto larger =
            checked_mul(product, static_cast<std::uint64_t>(std::max<std::int64_t>(size, 1)));
        if (!larger ||
            *larger > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
            return std::nullopt;
        product = *larger;
    }
    return empty ? 0 : product;
}

bool has_control_character(std::string_view name) {
    return std::any_of(name.begin(), name.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace hekla::weights
