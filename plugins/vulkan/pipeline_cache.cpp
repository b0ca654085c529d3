// SPDX-License-Identifier: MIT
#include "pipeline_cache.hpp"

#include "cache_file.hpp"

#include <filesystem>

namespace hekla::vulkan {

PipelineCache::PipelineCache(const Gpu& gpu, std::string folder) : gpu_(gpu) {
    std::optional<CacheFile> stored;
    if (!folder.empty()) {
        std::error_code ignored;
        std::filesystem::create_directories(folder, ignored);
        path_ = folder + "/" + cache_file_name(gpu.snapshot);
        const uint64_t most = max_cache_blob_bytes + max_cache_keys * sizeof(uint64_t) + 4096;
        if (const auto bytes = read_whole_file(path_, most))
            stored = read_cache(*bytes, gpu.snapshot);
    }
    VkPipelineCacheCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO;
    VkPipelineCache cache = VK_NULL_HANDLE;
    if (stored) {
        info.initialDataSize = stored->blob.size();
        info.pInitialData = stored->blob.data();
        if (gpu.vk.vkCreatePipelineCache(gpu.device, &info, nullptr, &cache).ok()) {
            keys_.insert(stored->keys.begin(), stored->keys.end());
            cache_ = OwnedPipelineCache(gpu.vk, gpu.device, cache);
            return;
        }
        info.initialDataSize = 0;
        info.pInitialData = nullptr;
    }
    gpu.vk.vkCreatePipelineCache(gpu.device, &info, nullptr, &cache)
        .require("creating a pipeline cache");
    cache_ = OwnedPipelineCache(gpu.vk, gpu.device, cache);
}

void PipelineCache::note(uint64_t key) {
    const std::scoped_lock lock(mutex_);
    has_news_ = keys_.insert(key).second || has_news_;
}

bool PipelineCache::save() {
    const std::scoped_lock lock(mutex_);
    if (path_.empty() || !has_news_) return true;
    CacheFile file;
    size_t size = 0;
    if (!gpu_.vk.vkGetPipelineCacheData(gpu_.device, cache_.get(), &size, nullptr).ok())
        return false;
    // What has grown past the bounds is given up, and collected anew from the next run on.
    if (size > max_cache_blob_bytes || keys_.size() > max_cache_keys) {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
        return true;
    }
    file.blob.resize(size);
    if (!gpu_.vk.vkGetPipelineCacheData(gpu_.device, cache_.get(), &size, file.blob.data()).ok()) {
        return false;
    }
    file.blob.resize(size);
    file.keys.assign(keys_.begin(), keys_.end());
    has_news_ = !replace_file(path_, write_cache(file, gpu_.snapshot));
    return !has_news_;
}

}  // namespace hekla::vulkan
