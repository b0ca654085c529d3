// SPDX-License-Identifier: MIT
// Opening what a stranger's file names, inside a folder and nowhere else.
#include "base/file.hpp"

#include "base/descriptor.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/openat2.h>
#include <sys/syscall.h>
#endif

namespace hekla {

namespace {

#ifdef O_PATH
constexpr int handle_flags =
    O_PATH;  // names a file without opening it, so that a device does not notice
#else
constexpr int handle_flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
#endif
constexpr int max_links = 40;  // as Linux

/// The relative names that are the same plain path on every system; everything else is refused before the file system is asked.
const char* reason_to_refuse(std::string_view relative) {
    if (relative.empty()) return "is an empty name";
    if (relative.find("://") != relative.npos)
        return "is a URL; only files beside this one are read";
    if (relative.front() == '/') return "is an absolute path; name a file inside the folder";
    if (relative.find('\\') != relative.npos) return "has a backslash; write /";
    if (std::any_of(relative.begin(), relative.end(),
                    [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
        return "has a control character";
    if (relative.size() > 1 && relative[1] == ':')
        return "is an absolute path; name a file inside the folder";
    for (std::size_t start = 0; start <= relative.size();) {
        const std::size_t end = std::min(relative.find('/', start), relative.size());
        if (relative.substr(start, end - start) == "..") return "leads out of the folder by '..'";
        start = end + 1;
    }
    return nullptr;
}

/// For messages: control characters shown, and cut when long.
std::string shown(std::string_view name) {
    std::string text;
    for (const char c : name.substr(0, 120))
        text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    if (name.size() > 120) text += "...";
    return "'" + text + "'";
}

int resolve(int folder, const char* relative, int flags) {
    const int found = detail::resolve_by_kernel(folder, relative, flags);
    return found == -ENOSYS ? detail::resolve_by_walking(folder, relative, flags) : found;
}

}  // namespace

namespace detail {

int resolve_by_kernel([[maybe_unused]] int folder, [[maybe_unused]] const char* relative,
                      [[maybe_unused]] int flags) {
#if defined(__linux__) && defined(SYS_openat2)
    open_how how = {};
    how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    // EAGAIN: something was renamed while the kernel looked.
    for (int attempt = 0; attempt < 100; ++attempt) {
        const long found = ::syscall(SYS_openat2, folder, relative, &how, sizeof(how));
        if (found >= 0) return static_cast<int>(found);
        if (errno == EPERM) return -ENOSYS;  // sandboxes that do not know the call
        if (errno != EAGAIN && errno != EINTR) return -errno;
    }
    return -EAGAIN;
#else
    return -ENOSYS;
#endif
}

int resolve_by_walking(int folder, const char* relative, int flags) {
    std::vector<Descriptor> entered;  // the folders below `folder` that we stand in
    std::string rest = relative;
    for (int links = 0;;) {
        const std::size_t first = rest.find_first_not_of('/');
        if (first == rest.npos) return -EISDIR;
        const std::size_t end = std::min(rest.find('/', first), rest.size());
        const std::string part = rest.substr(first, end - first);
        rest.erase(0, end);
        if (part == ".") continue;
        if (part == "..") {
            if (entered.empty()) return -EXDEV;
            entered.pop_back();
            continue;
        }

        const int here = entered.empty() ? folder : entered.back().get();
        struct stat status = {};
        if (::fstatat(here, part.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return -errno;
        if (S_ISLNK(status.st_mode)) {
            if (++links > max_links) return -ELOOP;
            char target[PATH_MAX];
            const ssize_t size = ::readlinkat(here, part.c_str(), target, sizeof(target));
            if (size < 0) return -errno;
            if (static_cast<std::size_t>(size) == sizeof(target) || rest.size() > PATH_MAX)
                return -ENAMETOOLONG;
            if (size > 0 && target[0] == '/') return -EXDEV;
            rest.insert(0, target, static_cast<std::size_t>(size));
            continue;
        }
        // O_NOFOLLOW: a link put in place of what fstatat saw is not followed, but refused.
        const bool last = rest.empty();
        if (!last && !S_ISDIR(status.st_mode)) return -ENOTDIR;
        const int found = open_retrying(here, part.c_str(),
                                        (last ? flags : handle_flags | O_DIRECTORY) | O_NOFOLLOW);
        if (found < 0) return -errno;
        if (last) return found;
        entered.emplace_back(found);
    }
}

}  // namespace detail

File open_beneath(const std::filesystem::path& folder, std::string_view relative,
                  HardLinks hard_links) {
    const std::string in_folder = folder.string() + ": ";
    if (const char* reason = reason_to_refuse(relative))
        throw Error(ErrorCode::invalid_file,
                    in_folder + "the file name " + shown(relative) + " " + reason);

    const std::string name(relative);
    const std::filesystem::path path = folder / name;
    const detail::Descriptor root(
        detail::open_retrying(AT_FDCWD, folder.c_str(), handle_flags | O_DIRECTORY));
    if (!root) detail::fail_io(folder, "open the folder", errno);

    const auto resolved = [&](int flags) {
        const int found = resolve(root.get(), name.c_str(), flags);
        if (found == -EXDEV)
            throw Error(ErrorCode::invalid_file, in_folder + "the file name " + shown(relative) +
                                                     " leads out of the folder by a symbolic link");
        if (found == -ELOOP)
            throw Error(ErrorCode::invalid_file,
                        path.string() + ": its symbolic links go round in a circle");
        if (found < 0) detail::fail_io(path, "open", -found);
        return detail::Descriptor(found);
    };

    // First only a handle, so that what is refused is never opened; then the file, which must be the one that was examined.
    const detail::Descriptor handle = resolved(handle_flags);
    struct stat examined = {};
    if (::fstat(handle.get(), &examined) != 0) detail::fail_io(path, "examine", errno);
    detail::require_regular(examined.st_mode, path);
    if (examined.st_nlink > 1 && hard_links == HardLinks::refuse)
        throw Error(ErrorCode::invalid_file, path.string() + ": has " +
                                                 std::to_string(examined.st_nlink) +
                                                 " hard links, so it may be a file from outside "
                                                 "the folder; put a copy in its place");
    detail::Descriptor opened = resolved(O_RDONLY | O_NONBLOCK | O_NOCTTY);
    struct stat status = {};
    if (::fstat(opened.get(), &status) != 0) detail::fail_io(path, "examine", errno);
    if (status.st_dev != examined.st_dev || status.st_ino != examined.st_ino)
        throw Error(ErrorCode::io,
                    path.string() + ": was replaced while it was being opened; try again");
    return File(opened.release(), path);
}

}  // namespace hekla
