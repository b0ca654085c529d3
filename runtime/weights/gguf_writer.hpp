// SPDX-License-Identifier: MIT
#pragma once

#include "base/file.hpp"
#include "weights/safetensors_writer.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hekla::weights {

struct ConfigValue;

/// The metadata of a GGUF file in the making. A key that is set again has the later value.
class GgufKeys {
  public:
    void set(std::string_view key, std::uint32_t value);
    void set(std::string_view key, bool value);
    void set(std::string_view key, std::string_view text);
    /// False, and nothing set, for what GGUF cannot say: null, lists of lists or of several types.
    bool set(std::string_view key, const ConfigValue& value);
    /// A value as it stands in another file (GgufMetadata::stored()).
    void set_stored(std::string_view key, std::uint32_t type, std::span<const std::byte> bytes);

    std::size_t count() const { return entries_.size(); }
    std::string image() const;

  private:
    struct Entry {
        std::string key;
        std::uint32_t type;
        std::string bytes;
    };
    void put(std::string_view key, std::uint32_t type, std::string bytes);

    std::vector<Entry> entries_;
};

/// Writes a GGUF file (version 3) piece by piece: the table first, then each tensor's bytes in turn, padded to the alignment of 32. The file
/// appears on commit(), or not at all (AtomicFile).
class GgufWriter {
  public:
    /// Throws Error(invalid_argument) for a tensor that read_gguf() would refuse: a name of no or more than 63 bytes or given twice, a shape
    /// of no or more than four dimensions or with a 0, rows that are no whole blocks, a type that GGUF does not have.
    GgufWriter(const std::filesystem::path& path, const GgufKeys& keys,
               std::span<const TensorHeader> tensors);

    /// The next bytes of the tensor at hand: little-endian, row-major; pieces may be of any size within one tensor.
    void append(std::span<const std::byte> bytes);
    /// Error(internal) unless exactly the announced bytes were appended.
    void commit();

  private:
    AtomicFile file_;
    std::vector<std::uint64_t> sizes_;  // of the tensors
    std::size_t tensor_ = 0;            // at hand
    std::uint64_t written_ = 0;         // of it
};

}  // namespace hekla::weights
