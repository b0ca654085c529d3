// SPDX-License-Identifier: MIT
#pragma once

#include "base/error.hpp"

#include <filesystem>
#include <utility>

/// What the sources behind file.hpp share. Not for other folders.
namespace hekla::detail {

/// Owns a file descriptor; -1 is none.
class Descriptor {
  public:
    explicit Descriptor(int value = -1) : value_(value) {}
    Descriptor(Descriptor&& other) noexcept : value_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(value_, other.value_);
        return *this;
    }
    ~Descriptor();

    int get() const { return value_; }
    explicit operator bool() const { return value_ >= 0; }
    int release() { return std::exchange(value_, -1); }

  private:
    int value_;
};

/// "PATH: cannot ACTION: <the system's words>", with the error code that fits `error_number`.
[[noreturn]] void fail_io(const std::filesystem::path& path, const char* action, int error_number);

/// Refuses what is no regular file, by its stat mode.
void require_regular(unsigned mode, const std::filesystem::path& path);

/// open(2) and openat(2), tried again when a signal interrupts.
int open_retrying(int folder, const char* path, int flags, unsigned mode = 0);

/// Both resolve `relative` beneath an open folder, following links that stay inside, and return a descriptor or a negative errno;
/// -EXDEV where the way leads out. The first asks the kernel (openat2; -ENOSYS where there is none), the second walks by itself.
int resolve_by_kernel(int folder, const char* relative, int flags);
int resolve_by_walking(int folder, const char* relative, int flags);

}  // namespace hekla::detail
