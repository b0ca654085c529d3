// SPDX-License-Identifier: MIT
#include "base/file.hpp"

#include "base/descriptor.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <new>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hekla {

namespace detail {

Descriptor::~Descriptor() {
    if (value_ >= 0) ::close(value_);
}

void fail_io(const std::filesystem::path& path, const char* action, int error_number) {
    ErrorCode code = ErrorCode::io;
    if (error_number == ENOENT || error_number == ENOTDIR) code = ErrorCode::not_found;
    if (error_number == ENOMEM) code = ErrorCode::out_of_memory;
    throw Error(code, path.string() + ": cannot " + action + ": " +
                          std::generic_category().message(error_number));
}

void require_regular(unsigned mode, const std::filesystem::path& path) {
    if (S_ISREG(mode)) return;
    const char* kind = S_ISDIR(mode)    ? "a folder"
                       : S_ISFIFO(mode) ? "a FIFO"
                       : S_ISSOCK(mode) ? "a socket"
                                        : "a device";
    throw Error(ErrorCode::invalid_file, path.string() + ": is " + kind + ", not a file");
}

int open_retrying(int folder, const char* path, int flags, unsigned mode) {
    int found;
    do found = ::openat(folder, path, flags | O_CLOEXEC, mode);
    while (found < 0 && errno == EINTR);
    return found;
}

}  // namespace detail

namespace {

/// Never waits for a FIFO's other end and never makes a terminal ours, should the path have changed under us.
constexpr int read_flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;

struct stat status_of(int descriptor, const std::filesystem::path& path) {
    struct stat status = {};
    if (::fstat(descriptor, &status) != 0) detail::fail_io(path, "examine", errno);
    return status;
}

}  // namespace

File File::open(const std::filesystem::path& path) {
    struct stat status = {};
    if (::stat(path.c_str(), &status) != 0) detail::fail_io(path, "open", errno);
    detail::require_regular(status.st_mode, path);
    File file(detail::open_retrying(AT_FDCWD, path.c_str(), read_flags), path);
    if (file.descriptor_ < 0) detail::fail_io(path, "open", errno);
    detail::require_regular(status_of(file.descriptor_, path).st_mode, path);
    return file;
}

File::File(File&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(path_, other.path_);
    return *this;
}

File::~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

std::uint64_t File::size_bytes() const {
    return static_cast<std::uint64_t>(status_of(descriptor_, path_).st_size);
}

std::string File::read_all(std::uint64_t max_bytes) const {
    // The size is a hint: files of /proc say 0, others may be growing.
    const std::uint64_t hint = size_bytes();
    std::string text;
    std::size_t filled = 0;
    for (;;) {
        if (hint > max_bytes || filled > max_bytes) {
            throw Error(ErrorCode::limit, path_.string() + ": is longer than the " +
                                              std::to_string(max_bytes) + " bytes allowed here");
        }
        if (filled == text.size()) {
            const std::uint64_t wanted =
                filled == 0 ? hint + 1 : filled + std::max<std::uint64_t>(filled / 2, 4096);
            text.resize(static_cast<std::size_t>(std::min(wanted, max_bytes + 1)));
        }
        const ssize_t count = ::pread(descriptor_, text.data() + filled, text.size() - filled,
                                      static_cast<off_t>(filled));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) detail::fail_io(path_, "read", errno);
        if (count == 0) break;
        filled += static_cast<std::size_t>(count);
    }
    text.resize(filled);
    return text;
}

std::string read_whole_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
    return File::open(path).read_all(max_bytes);
}

std::vector<std::string> list_folder(const std::filesystem::path& folder, std::size_t max_entries) {
    std::vector<std::string> names;
    std::error_code error;
    std::filesystem::directory_iterator entry(folder, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        if (names.size() == max_entries)
            throw Error(ErrorCode::limit, folder.string() + ": holds more than " +
                                              std::to_string(max_entries) + " files");
        names.push_back(entry->path().filename().string());
    }
    if (error) detail::fail_io(folder, "list", error.value());
    std::sort(names.begin(), names.end());
    return names;
}

MappedFile::MappedFile(File file) : file_(std::move(file)) {
    const std::uint64_t size = file_.size_bytes();
    if (size == 0) return;
    if (size > std::numeric_limits<std::size_t>::max()) detail::fail_io(path(), "map", ENOMEM);
    void* const start = ::mmap(nullptr, static_cast<std::size_t>(size), PROT_READ, MAP_PRIVATE,
                               file_.descriptor(), 0);
    if (start == MAP_FAILED) detail::fail_io(path(), "map", errno);
    bytes_ = {static_cast<const std::byte*>(start), static_cast<std::size_t>(size)};
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : file_(std::move(other.file_)), bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
    std::swap(file_, other.file_);
    std::swap(bytes_, other.bytes_);
    return *this;
}

MappedFile::~MappedFile() {
    if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

bool MappedFile::still_whole() const {
    struct stat status = {};
    return ::fstat(file_.descriptor(), &status) == 0 &&
           static_cast<std::uint64_t>(status.st_size) >= bytes_.size();
}

void MappedFile::release(std::span<const std::byte> part) const {
    if (part.empty()) return;
    const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t first = static_cast<std::size_t>(part.data() - bytes_.data());
    const std::size_t end = first + part.size();
    const std::size_t first_page = (first + page - 1) / page;
    const std::size_t end_page = end == bytes_.size() ? (end + page - 1) / page : end / page;
    if (first_page >= end_page) return;
    // Advice only: a failure changes nothing but the memory held.
    ::madvise(const_cast<std::byte*>(bytes_.data()) + first_page * page,
              (end_page - first_page) * page, MADV_DONTNEED);
}

}  // namespace hekla
