// SPDX-License-Identifier: MIT
#pragma once

#include "gpu.hpp"

#include <cstdint>
#include <mutex>
#include <set>
#include <string>

namespace hekla::vulkan {

/// The driver's pipeline cache, kept on disk between runs. Only bytes whose header and hash are right reach the driver. The file
/// is written again only when a kernel was compiled that it lacks: a driver whose blob grows with every load (SwiftShader's,
/// by 32 bytes) does not make the file grow. Trouble with the file is never an error, only a slower start.
class PipelineCache {
  public:
    /// `folder`: empty for none on disk.
    PipelineCache(const Gpu& gpu, std::string folder);

    VkPipelineCache get() const { return cache_.get(); }
    /// A kernel was compiled. Any thread.
    void note(uint64_t key);
    /// Writes the file if it is worth it. False if that failed.
    bool save();

  private:
    const Gpu& gpu_;
    std::string path_;
    OwnedPipelineCache cache_;
    std::mutex mutex_;
    std::set<uint64_t> keys_;
    bool has_news_ = false;
};

}  // namespace hekla::vulkan
