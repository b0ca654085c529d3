// SPDX-License-Identifier: MIT
#include "base/file.hpp"
#include "error_of.hpp"
#include "temporary_folder.hpp"

#include <csignal>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch_test_macros.hpp>

using namespace hekla;

namespace {

/// Files of this process may not grow beyond `bytes` while this lives.
class FileSizeLimit {
  public:
    explicit FileSizeLimit(rlim_t bytes) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        handler_ = std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit = {bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

  private:
    rlimit before_ = {};
    void (*handler_)(int) = SIG_DFL;
};

unsigned mode_of(const std::filesystem::path& file) {
    struct stat status = {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("files appear whole") {
    const TemporaryFolder folder;
    const auto file = folder / "out";
    write_file_atomically(file, "first");
    CHECK(content_of(file) == "first");
    write_file_atomically(file, "second, longer");
    CHECK(content_of(file) == "second, longer");
    write_file_atomically(file, "");
    CHECK(content_of(file).empty());
    CHECK(list_folder(folder.path()) == std::vector<std::string>{"out"});

    {
        AtomicFile writing(file);
        writing.write("part");
        CHECK(content_of(file).empty());  // not before commit()
        writing.write(" and part");
        writing.commit();
    }
    CHECK(content_of(file) == "part and part");
    {
        AtomicFile given_up(file);
        given_up.write("nobody sees this");
    }
    CHECK(content_of(file) == "part and part");
    CHECK(list_folder(folder.path()) == std::vector<std::string>{"out"});
}

TEST_CASE("who may read written files") {
    const TemporaryFolder folder;
    const mode_t before = ::umask(022);
    write_file_atomically(folder / "shared", "x");
    write_file_atomically(folder / "private", "x", Privacy::owner);
    CHECK(mode_of(folder / "shared") == 0644);
    CHECK(mode_of(folder / "private") == 0600);
    ::chmod((folder / "shared").c_str(), 0664);
    write_file_atomically(folder / "shared", "y");
    CHECK(mode_of(folder / "shared") == 0664);  // as it was
    ::umask(before);
}

TEST_CASE("a write that fails half-way leaves the old file and no litter") {
    const TemporaryFolder folder;
    const auto file = folder / "out";
    write_file_atomically(file, "old");
    const std::string big(100'000, 'b');
    {
        const FileSizeLimit limit(50'000);
        const Thrown thrown = error_of([&] { write_file_atomically(file, big); });
        CHECK(thrown.code == ErrorCode::io);
        CHECK(thrown.text == file.string() + ": cannot write: File too large");
    }
    CHECK(content_of(file) == "old");
    CHECK(list_folder(folder.path()) == std::vector<std::string>{"out"});

    CHECK(error_of([&] { write_file_atomically("/dev/full", big); }).text ==
          "/dev/full: cannot write: No space left on device");
    CHECK(error_of([&] { write_file_atomically(folder / "absent/out", big); }).code ==
          ErrorCode::not_found);
    CHECK(error_of([&] { write_file_atomically(folder.path(), big); }).has("is a folder"));
    CHECK(error_of([&] { write_file_atomically(folder / std::string(256, 'n'), big); }).code ==
          ErrorCode::io);
    CHECK(list_folder(folder.path()) == std::vector<std::string>{"out"});
}

TEST_CASE("a process killed while writing leaves the old file") {
    const TemporaryFolder folder;
    const auto file = folder / "out";
    write_file_atomically(file, "old");
    for (int round = 0; round < 20; ++round) {
        int ready[2];
        REQUIRE(::pipe(ready) == 0);
        const pid_t child = ::fork();
        if (child == 0) {
            AtomicFile writing(file);
            writing.write("new, but unfinished");
            char done = 'd';
            if (::write(ready[1], &done, 1) != 1) ::_exit(1);
            for (;;) ::pause();
        }
        char done = 0;
        REQUIRE(::read(ready[0], &done, 1) == 1);
        REQUIRE(::kill(child, SIGKILL) == 0);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        ::close(ready[0]);
        ::close(ready[1]);
        CHECK(content_of(file) == "old");
    }
}

TEST_CASE("two writers at once: one of the two files, whole") {
    const TemporaryFolder folder;
    const auto file = folder / "out";
    const std::string texts[2] = {std::string(300'000, 'a'), std::string(200'000, 'b')};
    pid_t children[2];
    for (int i = 0; i < 2; ++i) {
        children[i] = ::fork();
        if (children[i] != 0) continue;
        for (int round = 0; round < 20; ++round) write_file_atomically(file, texts[i]);
        ::_exit(0);
    }
    for (const pid_t child : children) {
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(status == 0);
    }
    const std::string content = content_of(file);
    CHECK((content == texts[0] || content == texts[1]));
    CHECK(list_folder(folder.path()) == std::vector<std::string>{"out"});
}

TEST_CASE("devices are written through, links are followed") {
    struct stat before = {}, after = {};
    REQUIRE(::stat("/dev/null", &before) == 0);
    write_file_atomically("/dev/null", "gone");
    REQUIRE(::stat("/dev/null", &after) == 0);
    CHECK(S_ISCHR(after.st_mode));
    CHECK(before.st_ino == after.st_ino);

    const TemporaryFolder folder;
    folder.write("target", "old");
    std::filesystem::create_symlink("target", folder / "link");
    write_file_atomically(folder / "link", "new");
    CHECK(content_of(folder / "target") == "new");
    CHECK(std::filesystem::is_symlink(folder / "link"));
}

TEST_CASE("private folders") {
    const TemporaryFolder folder;
    const mode_t before = ::umask(022);
    create_private_folder(folder / "a/b/c/");
    CHECK(mode_of(folder / "a/b/c") == 0700);
    CHECK(mode_of(folder / "a") == 0700);
    create_private_folder(folder / "a/b/c");  // there already
    std::filesystem::create_directory(folder / "readable");
    create_private_folder(folder / "readable");
    CHECK(mode_of(folder / "readable") == 0755);  // others may look, not write
    ::chmod((folder / "readable").c_str(), 0777);
    CHECK(error_of([&] { create_private_folder(folder / "readable"); }).has("others may write"));
    folder.write("file", "");
    CHECK(error_of([&] { create_private_folder(folder / "file"); }).code == ErrorCode::io);
    CHECK(error_of([&] { create_private_folder(folder / "file/below"); }).code != ErrorCode{});
    if (::geteuid() == 0) {
        std::filesystem::create_directory(folder / "foreign");
        REQUIRE(::chown((folder / "foreign").c_str(), 12345, 12345) == 0);
        CHECK(error_of([&] {
                  create_private_folder(folder / "foreign");
              }).has("belongs to another user"));
    }
    ::umask(before);
}
