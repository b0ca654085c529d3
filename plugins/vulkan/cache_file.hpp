// SPDX-License-Identifier: MIT
#pragma once

#include "device_probe.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hekla::vulkan {

/// A pipeline cache file: a header of ours, the keys of the kernels in it, and the driver's blob.
///
///   bytes  0  "HEKLAVKC"            bytes 40  pipelineCacheUUID, 16 bytes
///          8  version, u32                56  number of keys, u64
///         12  vendor, u32                 64  bytes of blob, u64
///         16  device, u32                 72  hash of everything else, u64
///         20  driver version, u32         80  keys, u64 each; then the blob
///         24  driver id, u32
///         28  zero, 12 bytes
///
/// Numbers in the machine's byte order: the file never leaves the machine, and a foreign one fails the version.
struct CacheFile {
    std::vector<uint64_t> keys;
    std::vector<std::byte> blob;
};

constexpr uint64_t max_cache_blob_bytes = uint64_t{64} << 20;
constexpr uint64_t max_cache_keys = 16384;

/// The file's name for a device and driver: "vulkan-<vendor>-<device>-<driver>.cache".
std::string cache_file_name(const DeviceSnapshot& snapshot);

std::vector<std::byte> write_cache(const CacheFile& cache, const DeviceSnapshot& snapshot);

/// Nothing unless every field fits this device and driver, the lengths are exact and the hash is right.
std::optional<CacheFile> read_cache(std::span<const std::byte> bytes,
                                    const DeviceSnapshot& snapshot);

/// A regular file's bytes; nothing if it is missing, no regular file, reached through a symbolic link, too long or unreadable.
std::optional<std::vector<std::byte>> read_whole_file(const std::string& path, uint64_t max_bytes);

/// Puts `bytes` where `path` is, so that a reader sees the old file or the new one and nothing between: written beside it,
/// flushed, renamed. False (and nothing changed, nothing left over) if the system refuses.
bool replace_file(const std::string& path, std::span<const std::byte> bytes);

}  // namespace hekla::vulkan
