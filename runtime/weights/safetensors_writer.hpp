// SPDX-License-Identifier: MIT
#pragma once

#include "base/dtype.hpp"
#include "base/file.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace hekla::weights {

/// What a header says of one tensor.
struct TensorHeader {
    std::string name;
    DType dtype = DType::f32;  ///< not `floating`
    std::vector<std::int64_t> shape;
};

using Metadata = std::vector<std::pair<std::string, std::string>>;

/// The length and header of a safetensors file whose data area holds `tensors` in this order; padded so that the data starts at a multiple
/// of 8. Throws Error(invalid_argument) for a file that read_safetensors() would refuse: a doubled, empty or unreadable name, a negative
/// size, more bytes than can be counted.
std::string safetensors_header(std::span<const TensorHeader> tensors,
                               const Metadata& metadata = {});

/// Writes a safetensors file piece by piece, so that no tensor needs to be in memory whole. The file appears on commit(), or not at all
/// (AtomicFile). List the wide types first to have every tensor aligned; write_safetensors() does.
class SafetensorsWriter {
  public:
    SafetensorsWriter(const std::filesystem::path& path, std::span<const TensorHeader> tensors,
                      const Metadata& metadata = {});

    /// The next bytes of the data area: little-endian elements, row-major, tensor after tensor; pieces may be of any size.
    void append(std::span<const std::byte> bytes);
    /// Error(internal) unless exactly the announced bytes were appended.
    void commit();

  private:
    AtomicFile file_;
    std::uint64_t remaining_bytes_ = 0;
};

/// A tensor in memory. `bytes` is borrowed and must be what shape and type need.
struct TensorImage {
    TensorHeader header;
    std::span<const std::byte> bytes;
};

/// The whole file at once. Tensors are laid out by element size, widest first, then as given.
void write_safetensors(const std::filesystem::path& path, std::span<const TensorImage> tensors,
                       const Metadata& metadata = {});

/// The same, in memory.
std::vector<std::byte> safetensors_image(std::span<const TensorImage> tensors,
                                         const Metadata& metadata = {});

}  // namespace hekla::weights
