// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <hekla/hekla.hpp>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace hekla::host {

/// Tensors by name, as safetensors files hold them. F32 and I32 only: files may also hold F64 and F16, which become F32, and I64, I16,
/// U8 and BOOL, which become I32.
using Tensors = std::map<std::string, Tensor>;

/// Reads a safetensors file. Throws std::runtime_error with the path, and the tensor where one is at fault: missing, no such file, cut
/// short, sizes that do not fit the bytes, other types, whole numbers beyond 32 bits.
Tensors read_tensors(const std::filesystem::path& path);

/// Writes a safetensors file that appears whole or not at all.
void write_tensors(const std::filesystem::path& path, const Tensors& tensors);

Tensor make_tensor(std::vector<std::int64_t> shape, std::span<const float> values);
Tensor make_tensor(std::vector<std::int64_t> shape, std::span<const std::int32_t> values);

}  // namespace hekla::host
