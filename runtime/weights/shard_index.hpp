// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hekla::weights {

constexpr std::size_t max_shards = 4096;
constexpr std::size_t max_tensors = 1 << 20;  ///< of all shards together

/// A model.safetensors.index.json: {"metadata": ..., "weight_map": {tensor: file, ...}}.
struct ShardIndex {
    std::vector<std::string> files;  ///< plain names, in order of first mention
    std::vector<std::pair<std::string, std::uint32_t>>
        tensors;  ///< name, position in files; sorted by name
};

/// Throws Error(invalid_file) for what is no such index, a tensor listed twice, and a file name with a folder in it: shards lie beside
/// their index. `file` is for messages.
ShardIndex read_shard_index(std::string_view json, std::string_view file);

}  // namespace hekla::weights
