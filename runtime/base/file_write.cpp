// SPDX-License-Identifier: MIT
// Files that appear whole or not at all.
#include "base/file.hpp"

#include "base/descriptor.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hekla {

namespace {

/// A name beside `target` that nobody uses. O_EXCL decides; this only makes collisions rare.
std::filesystem::path temporary_name(const std::filesystem::path& target, int attempt) {
    const auto clock = std::chrono::steady_clock::now().time_since_epoch().count();
    char suffix[64];
    std::snprintf(suffix, sizeof(suffix), ".%lx-%llx-%x.tmp", static_cast<long>(::getpid()),
                  static_cast<unsigned long long>(clock), static_cast<unsigned>(attempt));
    const std::string name = target.filename().string().substr(0, 150);  // NAME_MAX is 255
    return target.parent_path() / ("." + name + suffix);
}

int sync_retrying(int descriptor) {
    int result;
    do result = ::fsync(descriptor);
    while (result != 0 && errno == EINTR);
    return result;
}

}  // namespace

AtomicFile::AtomicFile(const std::filesystem::path& path, Privacy privacy)
    : path_(path), target_(path) {
    unsigned mode = privacy == Privacy::owner ? 0600 : 0666;
    bool keep_mode = false;
    struct stat status = {};
    if (::stat(path.c_str(), &status) == 0) {
        if (S_ISDIR(status.st_mode))
            throw Error(ErrorCode::io, path_.string() + ": cannot write: is a folder");
        if (!S_ISREG(status.st_mode)) {
            descriptor_ = detail::open_retrying(AT_FDCWD, path.c_str(), O_WRONLY | O_NOCTTY);
            if (descriptor_ < 0) detail::fail_io(path_, "write", errno);
            return;
        }
        std::error_code error;
        target_ = std::filesystem::canonical(path, error);
        if (error) target_ = path;
        if (privacy == Privacy::shared) {
            mode = status.st_mode & 0777;
            keep_mode = true;
        }
    }
    for (int attempt = 0; attempt < 100 && descriptor_ < 0; ++attempt) {
        temporary_ = temporary_name(target_, attempt);
        descriptor_ = detail::open_retrying(AT_FDCWD, temporary_.c_str(),
                                            O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
        if (descriptor_ < 0 && errno != EEXIST) break;
    }
    if (descriptor_ < 0) {
        const int error_number = errno;
        temporary_.clear();
        detail::fail_io(path_, "write", error_number);
    }
    if (keep_mode)
        (void)::fchmod(descriptor_, mode);  // the umask may have taken bits that the old file had
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::discard() noexcept {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
    temporary_.clear();
}

void AtomicFile::fail(const char* what) {
    const int error_number = errno;
    discard();
    detail::fail_io(path_, what, error_number);
}

void AtomicFile::write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const std::size_t wanted = std::min<std::size_t>(bytes.size(), std::size_t{1} << 30);
        const ssize_t count = ::write(descriptor_, bytes.data(), wanted);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) {
            if (count == 0) errno = EIO;
            fail("write");
        }
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
}

void AtomicFile::commit() {
    if (temporary_.empty()) {
        if (::close(std::exchange(descriptor_, -1)) != 0) fail("write");
        return;
    }
    if (sync_retrying(descriptor_) != 0) fail("write");
    if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) fail("write");
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail("put the written file in place");
    temporary_.clear();

    // So that the new name survives a power cut too. Where it fails, the file is whole all the same.
    const std::filesystem::path parent = target_.has_parent_path() ? target_.parent_path() : ".";
    const detail::Descriptor folder(
        detail::open_retrying(AT_FDCWD, parent.c_str(), O_RDONLY | O_DIRECTORY));
    if (folder) (void)sync_retrying(folder.get());
}

void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes,
                           Privacy privacy) {
    AtomicFile file(path, privacy);
    file.write(bytes);
    file.commit();
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text,
                           Privacy privacy) {
    write_file_atomically(path, std::as_bytes(std::span(text)), privacy);
}

void create_private_folder(const std::filesystem::path& folder) {
    std::filesystem::path so_far;
    for (const std::filesystem::path& part : folder) {
        so_far /= part;
        if (so_far.filename().empty()) continue;  // a trailing slash
        if (::mkdir(so_far.c_str(), 0700) == 0) continue;
        const int error_number = errno;
        struct stat status = {};
        if (::stat(so_far.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
            detail::fail_io(so_far, "create the folder", error_number);
    }
    struct stat status = {};
    if (::stat(folder.c_str(), &status) != 0) detail::fail_io(folder, "create the folder", errno);
    if (!S_ISDIR(status.st_mode)) detail::fail_io(folder, "create the folder", EEXIST);
    if (status.st_uid != ::geteuid())
        throw Error(ErrorCode::io, folder.string() + ": belongs to another user");
    if ((status.st_mode & 022) != 0)
        throw Error(ErrorCode::io,
                    folder.string() +
                        ": others may write to this folder; chmod it to 700 or choose another");
}

}  // namespace hekla
