// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Files, and the only place in Hekla that opens them.
///
/// Only regular files are read: a directory, FIFO, socket or device is refused before it is opened. Descriptors are close-on-exec.
/// Failures throw Error: not_found when there is no such file, io when the system refused (with its words), invalid_file when it is no
/// regular file or leaves its folder, limit when it is longer than the caller allows. Messages name the path.
namespace hekla {

/// Whether a file with several hard links is opened: such a file may be reachable from outside the folder it was named in.
enum class HardLinks { refuse, accept };

/// A regular file opened for reading. Owns the descriptor. Not for several threads at once.
class File {
  public:
    /// Opens a path that the user named; symbolic links are followed.
    static File open(const std::filesystem::path& path);

    File(File&& other) noexcept;
    File& operator=(File&& other) noexcept;
    ~File();

    const std::filesystem::path& path() const { return path_; }  ///< as asked for, for messages
    int descriptor() const { return descriptor_; }               ///< borrowed
    std::uint64_t size_bytes() const;                            ///< now; the file may be growing

    /// Everything from the start, at most `max_bytes` long.
    std::string read_all(std::uint64_t max_bytes) const;

  private:
    friend File open_beneath(const std::filesystem::path&, std::string_view, HardLinks);
    File(int descriptor, std::filesystem::path path)
        : descriptor_(descriptor), path_(std::move(path)) {}

    int descriptor_ = -1;
    std::filesystem::path path_;
};

/// File::open(path).read_all(max_bytes).
std::string read_whole_file(const std::filesystem::path& path, std::uint64_t max_bytes);

/// Opens `relative`, a name that a file gave, strictly beneath `folder`: for shards, `file:` entries, includes.
///
/// Refused (invalid_file): an empty or absolute name, `..`, backslashes, control characters, URLs; symbolic links that lead out of the
/// folder, even to come back; files with several hard links, unless accepted; anything but a regular file. Links that stay inside are
/// followed. The folder itself is the user's choice and may be a link. No race: the resolved file is the one that is opened.
/// Its path() is folder / relative.
File open_beneath(const std::filesystem::path& folder, std::string_view relative,
                  HardLinks hard_links = HardLinks::refuse);

/// Names, sorted, of the entries of a folder without "." and "..". Error(limit) past `max_entries`.
std::vector<std::string> list_folder(const std::filesystem::path& folder,
                                     std::size_t max_entries = 100'000);

/// A regular file mapped for reading, whole. Immutable: any number of threads may read.
///
/// Reading pages that another process cut off after the mapping was made raises SIGBUS; no check beforehand can rule that out.
/// still_whole() narrows the window to the time between it and the read.
class MappedFile {
  public:
    explicit MappedFile(File file);
    explicit MappedFile(const std::filesystem::path& path) : MappedFile(File::open(path)) {}
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;
    ~MappedFile();

    std::span<const std::byte> bytes() const { return bytes_; }
    const std::filesystem::path& path() const { return file_.path(); }
    /// Whether the file is at least as long as it was when mapped.
    bool still_whole() const;
    /// Lets the system drop the whole pages within this part of bytes() from this process's memory now. They are read again from the
    /// file when next touched, so this is always allowed, from any thread.
    void release(std::span<const std::byte> part) const;

  private:
    File file_;
    std::span<const std::byte> bytes_;
};

/// Who may read a file that is written.
enum class Privacy {
    shared,  ///< as the process's umask says
    owner,   ///< the owner alone, e.g. for caches
};

/// Writes a file that appears whole or not at all: bytes go to a temporary file in the same folder, which replaces the target on
/// commit(). Whatever fails before that (disk full, quota, crash), the old file stays as it was and the temporary one is removed (a crash
/// leaves it behind). A symbolic link is followed and its target replaced. A target that is a device or FIFO, as /dev/null, cannot be
/// replaced and is written straight through.
class AtomicFile {
  public:
    explicit AtomicFile(const std::filesystem::path& path, Privacy privacy = Privacy::shared);
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;
    ~AtomicFile();

    void write(std::span<const std::byte> bytes);
    void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
    /// Flushes to disk and replaces the target. Call once, last.
    void commit();

  private:
    [[noreturn]] void fail(const char* what);
    void discard() noexcept;

    std::filesystem::path path_;       // as asked for
    std::filesystem::path target_;     // with links resolved
    std::filesystem::path temporary_;  // empty: writing straight through
    int descriptor_ = -1;
};

/// AtomicFile in one call.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes,
                           Privacy privacy = Privacy::shared);
void write_file_atomically(const std::filesystem::path& path, std::string_view text,
                           Privacy privacy = Privacy::shared);

/// Creates `folder` and missing parents for the owner alone (mode 0700), and checks that the folder belongs to this user and that nobody
/// else may write to it; Error(io) otherwise.
void create_private_folder(const std::filesystem::path& folder);

}  // namespace hekla
