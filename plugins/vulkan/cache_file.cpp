// SPDX-License-Identifier: MIT
#include "cache_file.hpp"

#include "hash.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace hekla::vulkan {
namespace {

constexpr uint32_t cache_version = 1;

struct Header {
    char magic[8];
    uint32_t version;
    uint32_t vendor, device, driver_version, driver_id;
    uint32_t zero[3];
    uint8_t uuid[VK_UUID_SIZE];
    uint64_t key_count;
    uint64_t blob_bytes;
    uint64_t hash;
};
static_assert(sizeof(Header) == 80);

Header header_for(const DeviceSnapshot& snapshot) {
    Header header{};
    std::memcpy(header.magic, "HEKLAVKC", sizeof header.magic);
    header.version = cache_version;
    header.vendor = snapshot.properties.vendorID;
    header.device = snapshot.properties.deviceID;
    header.driver_version = snapshot.properties.driverVersion;
    header.driver_id = static_cast<uint32_t>(snapshot.driver_id);
    std::memcpy(header.uuid, snapshot.properties.pipelineCacheUUID, VK_UUID_SIZE);
    return header;
}

uint64_t content_hash(Header header, std::span<const std::byte> rest) {
    header.hash = 0;
    return hash_bytes(rest, hash_bytes(std::as_bytes(std::span(&header, 1)), 0));
}

// Vulkan's own header inside the blob (VkPipelineCacheHeaderVersionOne). Drivers should look at it; not all do.
bool blob_fits(std::span<const std::byte> blob, const DeviceSnapshot& snapshot) {
    VkPipelineCacheHeaderVersionOne header;
    if (blob.size() < sizeof header) return false;
    std::memcpy(&header, blob.data(), sizeof header);
    return header.headerSize >= sizeof header && header.headerSize <= blob.size() &&
           header.headerVersion == VK_PIPELINE_CACHE_HEADER_VERSION_ONE &&
           header.vendorID == snapshot.properties.vendorID &&
           header.deviceID == snapshot.properties.deviceID &&
           std::memcmp(header.pipelineCacheUUID, snapshot.properties.pipelineCacheUUID,
                       VK_UUID_SIZE) == 0;
}

class File {
  public:
    File(const char* path, int flags) : number_(::open(path, flags | O_CLOEXEC, 0600)) {}
    ~File() { close(); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    bool is_open() const { return number_ >= 0; }
    int number() const { return number_; }
    bool close() {
        const bool closed = number_ < 0 || ::close(number_) == 0;
        number_ = -1;
        return closed;
    }

  private:
    int number_;
};

bool write_all(int file, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(file, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        bytes = bytes.subspan(static_cast<size_t>(count));
    }
    return true;
}

}  // namespace

std::string cache_file_name(const DeviceSnapshot& snapshot) {
    return format("vulkan-%04x-%04x-%u.cache", snapshot.properties.vendorID,
                  snapshot.properties.deviceID, static_cast<unsigned>(snapshot.driver_id));
}

std::vector<std::byte> write_cache(const CacheFile& cache, const DeviceSnapshot& snapshot) {
    Header header = header_for(snapshot);
    header.key_count = cache.keys.size();
    header.blob_bytes = cache.blob.size();
    const size_t key_bytes = cache.keys.size() * sizeof(uint64_t);
    std::vector<std::byte> bytes(sizeof header + key_bytes + cache.blob.size());
    const std::span<std::byte> rest = std::span(bytes).subspan(sizeof header);
    if (key_bytes > 0) std::memcpy(rest.data(), cache.keys.data(), key_bytes);
    if (!cache.blob.empty()) {
        std::memcpy(rest.data() + key_bytes, cache.blob.data(), cache.blob.size());
    }
    header.hash = content_hash(header, rest);
    std::memcpy(bytes.data(), &header, sizeof header);
    return bytes;
}

std::optional<CacheFile> read_cache(std::span<const std::byte> bytes,
                                    const DeviceSnapshot& snapshot) {
    Header header;
    if (bytes.size() < sizeof header) return std::nullopt;
    std::memcpy(&header, bytes.data(), sizeof header);
    const std::span<const std::byte> rest = bytes.subspan(sizeof header);
    if (header.key_count > max_cache_keys || header.blob_bytes > max_cache_blob_bytes) {
        return std::nullopt;
    }
    const uint64_t key_bytes = header.key_count * sizeof(uint64_t);
    if (rest.size() != key_bytes + header.blob_bytes) return std::nullopt;
    Header expected = header_for(snapshot);
    expected.key_count = header.key_count;
    expected.blob_bytes = header.blob_bytes;
    expected.hash = content_hash(expected, rest);
    if (std::memcmp(&header, &expected, sizeof header) != 0) return std::nullopt;
    const std::span<const std::byte> blob = rest.subspan(key_bytes);
    if (!blob_fits(blob, snapshot)) return std::nullopt;

    CacheFile cache;
    cache.keys.resize(header.key_count);
    if (key_bytes > 0) std::memcpy(cache.keys.data(), rest.data(), key_bytes);
    cache.blob.assign(blob.begin(), blob.end());
    return cache;
}

std::optional<std::vector<std::byte>> read_whole_file(const std::string& path, uint64_t max_bytes) {
    // O_NONBLOCK: a FIFO put there must not stop us.
    const File file(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    struct stat facts{};
    if (!file.is_open() || ::fstat(file.number(), &facts) != 0 || !S_ISREG(facts.st_mode) ||
        facts.st_size < 0 || static_cast<uint64_t>(facts.st_size) > max_bytes) {
        return std::nullopt;
    }
    std::vector<std::byte> bytes(static_cast<size_t>(facts.st_size));
    size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t count = ::read(file.number(), bytes.data() + done, bytes.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return std::nullopt;
        done += static_cast<size_t>(count);
    }
    return bytes;
}

bool replace_file(const std::string& path, std::span<const std::byte> bytes) {
    // O_EXCL: several writers never share a temporary file. A name left by a killed process is passed over.
    for (int attempt = 0; attempt < 8; ++attempt) {
        const std::string beside =
            path + format(".%ld.%d.tmp", static_cast<long>(::getpid()), attempt);
        File file(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
        if (!file.is_open()) {
            if (errno == EEXIST) continue;
            return false;
        }
        const bool written = write_all(file.number(), bytes) && ::fsync(file.number()) == 0;
        const bool closed = file.close();
        if (written && closed && std::rename(beside.c_str(), path.c_str()) == 0) return true;
        ::unlink(beside.c_str());
        return false;
    }
    return false;
}

}  // namespace hekla::vulkan
