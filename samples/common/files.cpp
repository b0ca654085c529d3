// SPDX-License-Identifier: MIT
#include "files.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace hekla::host {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, const std::string& why) {
    throw std::runtime_error(path.string() + ": " + why);
}

/// Everything to the file, flushed to the disk; an errno, or 0.
int write_through(const fs::path& path, std::span<const std::byte> bytes, const char* mode) {
    std::FILE* file = std::fopen(path.c_str(), mode);
    if (!file) return errno;
    errno = 0;
    bool good = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
    good = std::fflush(file) == 0 && good;
    int error = good ? 0 : errno ? errno : EIO;
    if (good && ::fsync(::fileno(file)) != 0 && errno != EINVAL) error = errno;  // EINVAL: a pipe
    if (std::fclose(file) != 0 && error == 0) error = errno;
    return error;
}

}  // namespace

std::string read_file(const fs::path& path, std::size_t max_bytes) {
    std::error_code error;
    const auto status = fs::status(path, error);
    if (!fs::exists(status)) fail(path, "there is no such file");
    // Before it is opened: opening a pipe would wait, reading a device would not end.
    if (!fs::is_regular_file(status)) fail(path, "this is not a regular file");
    const auto size = fs::file_size(path, error);
    if (error) fail(path, "its size cannot be told: " + error.message());
    if (size > max_bytes)
        fail(path, "it has " + std::to_string(size) + " bytes; at most " +
                       std::to_string(max_bytes) + " are read");
    std::ifstream in(path, std::ios::binary);
    std::string bytes(static_cast<std::size_t>(size), '\0');
    if (!in || (size > 0 && !in.read(bytes.data(), static_cast<std::streamsize>(size))))
        fail(path, "it cannot be read");
    return bytes;
}

void write_file(const fs::path& path, std::span<const std::byte> bytes) {
    std::error_code ignored;
    const auto status = fs::status(path, ignored);
    if (fs::is_directory(status)) fail(path, "cannot be written: it is a folder");
    if (fs::exists(status) && !fs::is_regular_file(status)) {
        if (const int error = write_through(path, bytes, "wb"); error != 0)
            fail(path, std::string("cannot be written: ") + std::strerror(error));
        return;
    }
    fs::path target = path;
    if (fs::exists(status)) {
        target = fs::canonical(path, ignored);
        if (ignored) target = path;
    }
    const fs::path temporary =
        target.parent_path() / ("." + target.filename().string().substr(0, 150) + "." +
                                std::to_string(::getpid()) + ".tmp");
    int error = write_through(temporary, bytes, "wbx");
    if (error == 0 && std::rename(temporary.c_str(), target.c_str()) != 0) error = errno;
    if (error != 0) {
        if (error != EEXIST) ::unlink(temporary.c_str());
        fail(path, std::string("cannot be written: ") + std::strerror(error));
    }
}

void write_file(const fs::path& path, std::string_view text) {
    write_file(path, std::as_bytes(std::span(text)));
}

void require_writable(const fs::path& path) {
    std::error_code ignored;
    if (path.filename().empty() || fs::is_directory(path, ignored))
        fail(path, "cannot be written: it names a folder");
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    if (!fs::is_directory(folder, ignored))
        fail(path, "cannot be written: there is no folder " + folder.string());
}

}  // namespace hekla::host
