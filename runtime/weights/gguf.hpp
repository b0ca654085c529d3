// SPDX-License-Identifier: MIT
#pragma once

#include "weights/checkpoint.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The GGUF format, versions 2 and 3: counts, metadata, a table of tensors, then their bytes, aligned.
/// (ggml-org/ggml, docs/gguf.md.)
namespace hekla::weights {

/// What a stranger's file may ask for, beyond what the format says.
constexpr std::uint64_t max_gguf_keys = 1 << 16;
constexpr std::uint64_t max_gguf_key_bytes = 65535;
constexpr std::uint32_t max_gguf_alignment = 1 << 16;

// What the format itself allows.
constexpr std::size_t max_gguf_dims = 4;
constexpr std::size_t max_gguf_name_bytes = 63;

/// A bool among the metadata of files that Hekla made of other checkpoints: their tensors' names, row orders and configuration keys are those
/// of a safetensors checkpoint, and so is Checkpoint::format().
constexpr std::string_view safetensors_layout_key = "hekla.safetensors_layout";

/// A GGUF file's metadata: keys, and where their checked values lie in the image, which it borrows. Immutable.
class GgufMetadata {
  public:
    /// Whole keys; `arch.x` stands for `<architecture>.x`. Nothing when absent.
    std::optional<ConfigValue> find(std::string_view key) const;
    /// Elements of the list under a key, as find() knows it; nothing where there is no list. Unlike find(), allocates nothing by the file's word.
    std::optional<std::uint64_t> list_size(std::string_view key) const;
    /// `general.architecture`, or empty.
    std::string_view architecture() const { return architecture_; }
    /// In the file's order.
    std::vector<std::string> keys() const;
    /// The value's type (GgufValueType) and bytes as they stand in the file; absent keys: empty. Whole keys alone.
    struct Stored {
        std::uint32_t type = 0;
        std::span<const std::byte> bytes;
    };
    Stored stored(std::string_view key) const;

  private:
    friend class GgufReader;

    struct Entry {
        std::string_view key;
        std::uint32_t type = 0;
        std::size_t position = 0;  // of the value in the image
        std::size_t size_bytes = 0;
    };
    const Entry* find_entry(std::string_view whole_key) const;
    /// With `arch.x` understood.
    const Entry* resolve(std::string_view key) const;

    std::span<const std::byte> image_;
    std::vector<Entry> entries_;          // in the file's order
    std::vector<std::uint32_t> by_name_;  // positions in entries_
    std::string_view architecture_;
};

struct GgufContents {
    GgufMetadata metadata;
    std::vector<Tensor> tensors;  ///< sorted by name; shapes outermost first
};

/// Reads and checks all but the tensors' bytes. Every value must lie within the file and be of a known type, keys and names must be
/// unique, and the tensors' bytes must follow one another in the order of their offsets with no more than padding between them.
/// Memory used is at most 16 times the length of what lies before the data + 1 MiB. Throws Error(invalid_file; unsupported for
/// types, split files and versions that Hekla does not read): "FILE: ...: why". `image` must outlive the result.
GgufContents read_gguf(std::span<const std::byte> image, std::string_view file);

}  // namespace hekla::weights
