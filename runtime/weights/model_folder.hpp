// SPDX-License-Identifier: MIT
#pragma once

#include "base/file.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace hekla::weights {

/// Whether a file of this name is taken for a shard index.
bool is_shard_index(std::string_view name);

/// A folder with a checkpoint in it. Opens nothing outside.
///
/// In a Hugging Face cache, MODEL/snapshots/REVISION holds links into MODEL/blobs; there, MODEL is the boundary.
class ModelFolder {
  public:
    explicit ModelFolder(const std::filesystem::path& folder);

    /// Whether there is something of this name, of whatever kind.
    bool has(std::string_view name) const;
    /// `name` is a plain file name.
    File open(const std::string& name, HardLinks hard_links) const;
    /// The file of this folder that holds the weights, or their index. Throws Error(not_found) saying what is there instead.
    std::string choose_weights() const;

  private:
    std::filesystem::path folder_;
    std::filesystem::path boundary_;  // the folder itself or above it
    std::string within_;              // from the boundary to the folder, "" or ending in /
};

}  // namespace hekla::weights
