// SPDX-License-Identifier: MIT
#include "base/descriptor.hpp"
#include "base/file.hpp"
#include "error_of.hpp"
#include "temporary_folder.hpp"

#include <cerrno>
#include <functional>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <catch2/catch_test_macros.hpp>

using namespace hekla;

namespace {

/// root/ is the folder that counts; secret lies beside it.
struct Tree {
    TemporaryFolder outer;
    std::filesystem::path root = outer / "root";

    Tree() {
        namespace fs = std::filesystem;
        outer.write("secret", "secret");
        outer.write("root/plain", "plain");
        outer.write("root/deep/er/file", "deep");
        fs::create_symlink("deep/er/file", root / "inner_link");
        fs::create_symlink("../../plain", root / "deep/er/up_link");
        fs::create_symlink("deep", root / "folder_link");
        fs::create_symlink("../secret", root / "outer_link");
        fs::create_symlink(outer / "secret", root / "absolute_link");
        fs::create_symlink(root / "plain", root / "absolute_inner_link");
        fs::create_symlink("..", root / "parent_link");
        fs::create_symlink("../root/plain", root / "out_and_back_link");
        fs::create_symlink("loop_b", root / "loop_a");
        fs::create_symlink("loop_a", root / "loop_b");
        fs::create_symlink("nowhere", root / "dangling_link");
        fs::create_symlink("/proc/self/fd/0", root / "magic_link");
        fs::create_hard_link(outer / "secret", root / "hard_link");
        if (::mkfifo((root / "fifo").c_str(), 0600) != 0) throw std::runtime_error("no FIFO");
    }
};

}  // namespace

TEST_CASE("names beneath a folder open") {
    const Tree tree;
    const auto read = [&](std::string_view name) {
        return open_beneath(tree.root, name).read_all(100);
    };
    CHECK(read("plain") == "plain");
    CHECK(read("./plain") == "plain");
    CHECK(read("deep/er/file") == "deep");
    CHECK(read("deep//er/./file") == "deep");
    CHECK(read("inner_link") == "deep");
    CHECK(read("deep/er/up_link") == "plain");
    CHECK(read("folder_link/er/file") == "deep");
    CHECK(open_beneath(tree.root, "deep/er/file").path() == tree.root / "deep/er/file");
    CHECK(open_beneath(tree.root, "hard_link", HardLinks::accept).read_all(100) == "secret");
    // The folder itself is the user's choice.
    std::filesystem::create_symlink(tree.root, tree.outer / "root_link");
    CHECK(open_beneath(tree.outer / "root_link", "plain").read_all(100) == "plain");
}

TEST_CASE("every way out of the folder is refused") {
    const Tree tree;
    struct Vector {
        std::string name;
        ErrorCode code;
        std::string message;
    };
    const Vector vectors[] = {
        {"../secret", ErrorCode::invalid_file, "leads out of the folder by '..'"},
        {"deep/../../secret", ErrorCode::invalid_file, "leads out of the folder by '..'"},
        {"deep/er/..", ErrorCode::invalid_file, "leads out of the folder by '..'"},
        {"..", ErrorCode::invalid_file, "leads out of the folder by '..'"},
        {(tree.outer / "secret").string(), ErrorCode::invalid_file, "is an absolute path"},
        {"/dev/zero", ErrorCode::invalid_file, "is an absolute path"},
        {"//dev/zero", ErrorCode::invalid_file, "is an absolute path"},
        {"C:/secret", ErrorCode::invalid_file, "is an absolute path"},
        {"..\\secret", ErrorCode::invalid_file, "has a backslash"},
        {"file:///etc/passwd", ErrorCode::invalid_file, "is a URL"},
        {"https://example.org/x", ErrorCode::invalid_file, "is a URL"},
        {"", ErrorCode::invalid_file, "is an empty name"},
        {std::string("plain\0/../../secret", 18), ErrorCode::invalid_file,
         "has a control character"},
        {"outer_link", ErrorCode::invalid_file, "leads out of the folder by a symbolic link"},
        {"absolute_link", ErrorCode::invalid_file, "leads out of the folder by a symbolic link"},
        {"absolute_inner_link", ErrorCode::invalid_file,
         "leads out of the folder by a symbolic link"},
        {"parent_link/secret", ErrorCode::invalid_file,
         "leads out of the folder by a symbolic link"},
        {"out_and_back_link", ErrorCode::invalid_file,
         "leads out of the folder by a symbolic link"},
        {"magic_link", ErrorCode::invalid_file, "leads out of the folder by a symbolic link"},
        {"hard_link", ErrorCode::invalid_file, "has 2 hard links"},
        {"fifo", ErrorCode::invalid_file, "is a FIFO, not a file"},
        {"deep", ErrorCode::invalid_file, "is a folder, not a file"},
        {"loop_a", ErrorCode::invalid_file, "go round in a circle"},
        {"dangling_link", ErrorCode::not_found, "No such file or directory"},
        {"plain/below", ErrorCode::not_found, "Not a directory"},
        {"absent", ErrorCode::not_found, "No such file or directory"},
        {std::string(300, 'a'), ErrorCode::io, "File name too long"},
    };
    for (const Vector& vector : vectors) {
        CAPTURE(vector.name);
        const Thrown thrown = error_of([&] { open_beneath(tree.root, vector.name); });
        CAPTURE(thrown.text);
        CHECK(thrown.code == vector.code);
        CHECK(thrown.has(vector.message));
        CHECK(thrown.has(tree.root.string()));
    }
    CHECK(error_of([&] { open_beneath(tree.outer / "absent", "plain"); }).code ==
          ErrorCode::not_found);
}

TEST_CASE("the kernel and the walk resolve alike") {
    const Tree tree;
    const detail::Descriptor root(::open(tree.root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(root);
    const bool have_openat2 = detail::resolve_by_kernel(root.get(), "plain", O_PATH) != -ENOSYS;
    for (const char* name : {"plain",
                             "deep/er/file",
                             "inner_link",
                             "deep/er/up_link",
                             "folder_link/er/file",
                             "outer_link",
                             "absolute_link",
                             "absolute_inner_link",
                             "parent_link/secret",
                             "out_and_back_link",
                             "loop_a",
                             "dangling_link",
                             "hard_link",
                             "fifo",
                             "plain/below",
                             "plain/",
                             "absent",
                             "deep/absent",
                             "../secret",
                             "deep/../../secret"}) {
        CAPTURE(name);
        const detail::Descriptor walked(detail::resolve_by_walking(root.get(), name, O_PATH));
        if (!have_openat2) continue;
        const detail::Descriptor asked(detail::resolve_by_kernel(root.get(), name, O_PATH));
        REQUIRE(bool(walked) == bool(asked));
        if (!walked) {
            CHECK(walked.get() == asked.get());  // the same errno
            continue;
        }
        struct stat a = {}, b = {};
        REQUIRE(::fstat(walked.get(), &a) == 0);
        REQUIRE(::fstat(asked.get(), &b) == 0);
        CHECK(a.st_dev == b.st_dev);
        CHECK(a.st_ino == b.st_ino);
    }
    // Without openat2, by itself.
    CHECK(detail::resolve_by_walking(root.get(), "outer_link", O_PATH) == -EXDEV);
    CHECK(detail::resolve_by_walking(root.get(), "parent_link/secret", O_PATH) == -EXDEV);
    CHECK(detail::resolve_by_walking(root.get(), "loop_a", O_PATH) == -ELOOP);
    CHECK(detail::resolve_by_walking(root.get(), "deep", O_PATH) >= 0);
}
