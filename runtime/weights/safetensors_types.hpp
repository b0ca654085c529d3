// SPDX-License-Identifier: MIT
#pragma once

#include "base/dtype.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

/// What the readers and writers of weight files share.
namespace hekla::weights {

/// The format's name of a type, "F32", "BOOL" ..., or empty.
std::string_view safetensors_name(DType dtype);

/// The type of that name, or nothing.
std::optional<DType> find_safetensors_type(std::string_view name);

/// Whether the format has a type of that name that Hekla does not compute with, such as F8_E4M3.
bool is_foreign_type(std::string_view name);

/// Bytes of a tensor in a file; sizes are not negative, and rows of quantised types are whole blocks. Nothing past 2^63 - 1, nor when the sizes other than 0 multiply past it: whoever multiplies
/// them in another order is safe too.
std::optional<std::uint64_t> stored_size(DType dtype, std::span<const std::int64_t> shape);

/// ASCII control characters, NUL among them.
bool has_control_character(std::string_view name);

}  // namespace hekla::weights
