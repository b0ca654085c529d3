// SPDX-License-Identifier: MIT
#pragma once

#include "weights/checkpoint.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

/// The safetensors format: 8 bytes with the header's length, a JSON header naming every tensor, then their bytes.
/// (huggingface/safetensors, README.md, "Format".)
namespace hekla::weights {

/// What a stranger's file may ask for, beyond what the format says.
constexpr std::uint64_t max_header_bytes = 100'000'000;  ///< as the defining library
constexpr std::size_t max_tensors_per_file = 1 << 18;
constexpr std::size_t max_rank = 16;
constexpr std::size_t max_name_bytes = 1024;

/// Reads and checks the header of a whole file's image: the tensors, sorted by name, with offsets from the start of the file.
///
/// The data area must be covered exactly, without holes, overlaps or trailing bytes, each tensor's bytes must be what its shape and type
/// need, and names must be unique, not empty and free of control characters. Data at unaligned offsets is accepted, as the format allows it.
/// Memory used is at most 16 times the header's length + 1 MiB. Throws Error(invalid_file; unsupported for a known type that Hekla does not
/// have): "FILE: tensor 'NAME': why".
std::vector<Tensor> read_safetensors(std::span<const std::byte> image, std::string_view file,
                                     std::uint32_t file_index = 0);

}  // namespace hekla::weights
