// SPDX-License-Identifier: MIT
#include "base/file.hpp"

#include "error_of.hpp"
#include "temporary_folder.hpp"

#include <cstring>
#include <iterator>
#include <sstream>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <catch2/catch_test_macros.hpp>

using namespace hekla;

namespace {

std::string bytes_as_text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Pages of a mapping that are in this process's memory now.
std::size_t resident_pages(std::span<const std::byte> bytes) {
    std::ifstream maps("/proc/self/smaps");
    std::ostringstream start;
    start << std::hex << reinterpret_cast<std::uintptr_t>(bytes.data()) << "-";
    std::string line;
    bool ours = false;
    while (std::getline(maps, line)) {
        if (line.rfind(start.str(), 0) == 0) ours = true;
        if (ours && line.rfind("Rss:", 0) == 0)
            return std::stoul(line.substr(4)) * 1024 /
                   static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    }
    return ~std::size_t{0};
}

}  // namespace

TEST_CASE("whole files are read up to a limit") {
    const TemporaryFolder folder;
    std::string content(100'003, 'x');
    for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 31 % 251);
    const auto file = folder.write("data", content);
    CHECK(read_whole_file(file, content.size()) == content);
    CHECK(read_whole_file(file, 1 << 20) == content);
    CHECK(read_whole_file(folder.write("empty", ""), 0).empty());

    const Thrown too_long = error_of([&] { read_whole_file(file, content.size() - 1); });
    CHECK(too_long.code == ErrorCode::limit);
    CHECK(too_long.text == file.string() + ": is longer than the 100002 bytes allowed here");
    // Files of /proc claim to be empty.
    CHECK(read_whole_file("/proc/self/status", 1 << 20).find("Name:") == 0);
    CHECK(error_of([&] { read_whole_file("/proc/self/status", 10); }).code == ErrorCode::limit);
}

TEST_CASE("what is no regular file is refused, and nothing hangs") {
    const TemporaryFolder folder;
    CHECK(error_of([&] { File::open(folder / "absent"); }).code == ErrorCode::not_found);
    CHECK(error_of([&] { File::open(folder / "absent"); }).text ==
          (folder / "absent").string() + ": cannot open: No such file or directory");
    CHECK(error_of([&] { File::open(folder.path()); }).text ==
          folder.path().string() + ": is a folder, not a file");
    CHECK(error_of([&] { File::open(folder.path()); }).code == ErrorCode::invalid_file);
    REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
    CHECK(error_of([&] { File::open(folder / "fifo"); }).has("is a FIFO"));
    CHECK(error_of([&] { File::open("/dev/zero"); }).has("is a device"));
    CHECK(error_of([&] { File::open(folder.write("plain", "x") / "below"); }).code ==
          ErrorCode::not_found);

    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    const std::string socket_name = (folder / "socket").string();
    REQUIRE(socket_name.size() < sizeof(address.sun_path));
    std::memcpy(address.sun_path, socket_name.c_str(), socket_name.size() + 1);
    const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    CHECK(error_of([&] { File::open(folder / "socket"); }).has("is a socket"));
    ::close(listener);

    std::filesystem::create_symlink(folder / "plain", folder / "link");
    CHECK(read_whole_file(folder / "link", 10) == "x");  // a path that the user gave may be a link
}

TEST_CASE("files are moved with their descriptor, and closed once") {
    const TemporaryFolder folder;
    const auto count_descriptors = [] {
        return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                             std::filesystem::directory_iterator());
    };
    const auto before = count_descriptors();
    {
        File a = File::open(folder.write("a", "aa"));
        File b = File::open(folder.write("b", "bbb"));
        b = std::move(a);
        const File c = std::move(b);
        CHECK(c.read_all(10) == "aa");
        CHECK(c.size_bytes() == 2);
        CHECK(count_descriptors() == before + 2);  // the swapped one closes with its holder
        for (int i = 0; i < 100; ++i)
            CHECK(error_of([&] { File::open(folder / "none"); }).code == ErrorCode::not_found);
    }
    CHECK(count_descriptors() == before);
}

TEST_CASE("folders are listed in order, up to a limit") {
    const TemporaryFolder folder;
    for (const char* name : {"b", "a", "c"}) folder.write(name, "");
    CHECK(list_folder(folder.path()) == std::vector<std::string>{"a", "b", "c"});
    CHECK(error_of([&] { list_folder(folder.path(), 2); }).code == ErrorCode::limit);
    CHECK(error_of([&] { list_folder(folder / "absent"); }).code == ErrorCode::not_found);
}

TEST_CASE("mapped files") {
    const TemporaryFolder folder;
    std::string content(1'000'003, 'x');
    for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 17 % 253);
    const auto file = folder.write("data", content);

    SECTION("show the file's bytes, also after moving") {
        MappedFile a(file);
        MappedFile b = std::move(a);
        MappedFile c(folder.write("empty", ""));
        CHECK(c.bytes().empty());
        CHECK(c.still_whole());
        c = std::move(b);
        CHECK(bytes_as_text(c.bytes()) == content);
        CHECK(c.path() == file);
    }
    SECTION("let go of clean pages, and read them again") {
        const MappedFile map(file);
        CHECK(bytes_as_text(map.bytes()) == content);
        const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        CHECK(resident_pages(map.bytes()) == (content.size() + page - 1) / page);
        map.release(map.bytes().subspan(page + 1, 10 * page));  // 9 whole pages
        CHECK(resident_pages(map.bytes()) == (content.size() + page - 1) / page - 9);
        map.release(map.bytes().subspan(5, 3));
        map.release(map.bytes().subspan(content.size()));
        CHECK(resident_pages(map.bytes()) == (content.size() + page - 1) / page - 9);
        map.release(map.bytes());
        CHECK(resident_pages(map.bytes()) == 0);
        CHECK(bytes_as_text(map.bytes()) == content);
    }
    SECTION("tell when the file was cut") {
        const MappedFile map(file);
        CHECK(map.still_whole());
        std::filesystem::resize_file(file, 1000);
        CHECK(!map.still_whole());
    }
}
