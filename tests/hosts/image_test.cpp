// SPDX-License-Identifier: MIT
#include "image.hpp"

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>
#include <fstream>

#include "contact_sheet.hpp"
#include "files.hpp"
#include "picture_tensor.hpp"
#include "png.hpp"
#include "random.hpp"

using namespace hekla::host;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

Image noise(std::size_t width, std::size_t height, std::size_t channels, std::uint64_t seed = 1) {
    Image out = Image::filled(width, height, channels, 0);
    Random random(seed);
    for (auto& byte : out.pixels) byte = static_cast<std::uint8_t>(random.next());
    return out;
}

/// A folder that goes away with it.
struct TemporaryFolder {
    fs::path path = fs::temp_directory_path() / ("hekla-image-test-" + std::to_string(::getpid()));
    TemporaryFolder() { fs::create_directories(path); }
    ~TemporaryFolder() { fs::remove_all(path); }
};

std::size_t files_in(const fs::path& folder) {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("A picture written as PNG is read as it was") {
    for (std::size_t channels = 1; channels <= 4; ++channels) {
        const Image image = noise(7, 5, channels);
        CHECK(decode_png(encode_png(image), "x") == image);
    }
    CHECK(decode_png(encode_png(noise(1, 1, 1)), "x") == noise(1, 1, 1));
}

TEST_CASE("Text lies in a PNG and changes no pixel") {
    const Image image = noise(9, 4, 3);
    const std::string with = encode_png(image, {{"Software", "hekla-gan --prompt 'Grüße'"}});
    CHECK(decode_png(with, "x") == image);
    CHECK_THAT(with, ContainsSubstring("hekla-gan --prompt 'Grüße'"));
    CHECK(with == encode_png(image, {{"Software", "hekla-gan --prompt 'Grüße'"}}));
}

TEST_CASE("Every beginning of a PNG is refused in words") {
    const std::string whole = encode_png(noise(23, 17, 3), {{"Software", "x"}});
    const Image image = decode_png(whole, "x");
    // What follows the last pixel (a checksum, the end mark) may be missing without harm.
    std::size_t refused = 0;
    for (std::size_t length = 0; length < whole.size(); ++length) {
        Image read;
        try {
            read = decode_png(whole.substr(0, length), "photo.png");
        } catch (const PngError& e) {
            CHECK_THAT(e.what(), ContainsSubstring("photo.png: "));
            ++refused;
            continue;
        }
        CHECK(read == image);
    }
    CHECK(refused >= whole.size() - 32);
}

TEST_CASE("Flipped bits of a PNG are refused or read, and nothing else") {
    const std::string whole = encode_png(noise(11, 7, 4));
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        std::string bad = whole;
        bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
        try {
            const Image image = decode_png(bad, "x");
            CHECK(image.pixels.size() == image.size_bytes());
        } catch (const PngError&) {
        }
    }
}

TEST_CASE("A PNG that claims to be huge is refused before memory is taken") {
    std::string png = encode_png(noise(3, 3, 1));
    png.replace(16, 8, std::string("\x00\x09\x00\x00\x00\x09\x00\x00", 8));  // 589824 x 589824
    png.replace(29, 4, std::string("\x9c\x06\x02\x74", 4));                  // its checksum
    CHECK_THROWS_WITH(decode_png(png, "x"), ContainsSubstring("too large: 589824x589824"));
    CHECK_THROWS_AS(encode_png(Image::filled(0, 4, 3, 0)), PngError);
}

TEST_CASE("Files that are no PNG are named") {
    const TemporaryFolder folder;
    const fs::path path = folder.path / "a.png";
    CHECK_THROWS_WITH(read_png(path), ContainsSubstring("a.png: there is no such file"));
    CHECK_THROWS_WITH(read_png(folder.path), ContainsSubstring("not a regular file"));
    std::ofstream(path) << "GIF89a";
    CHECK_THROWS_WITH(read_png(path), ContainsSubstring("a.png: this is not a PNG file"));
    std::ofstream(path, std::ios::trunc).close();
    CHECK_THROWS_WITH(read_png(path), ContainsSubstring("not a PNG"));
}

TEST_CASE("A file appears whole or not at all") {
    const TemporaryFolder folder;
    const fs::path path = folder.path / "a.png";
    const Image image = noise(5, 5, 3);
    write_png(path, image);
    CHECK(read_png(path) == image);
    write_png(path, noise(6, 6, 1));
    CHECK(read_png(path) == noise(6, 6, 1));
    CHECK(files_in(folder.path) == 1);
    fs::create_symlink(path, folder.path / "link.png");
    write_png(folder.path / "link.png", image);
    CHECK(fs::is_symlink(folder.path / "link.png"));
    CHECK(read_png(path) == image);
    CHECK_THROWS_WITH(write_png(folder.path, image), ContainsSubstring("is a folder"));
    CHECK_THROWS_WITH(write_png(folder.path / "none" / "a.png", image),
                      ContainsSubstring("cannot be written"));
    CHECK(files_in(folder.path) == 2);
    write_file("/dev/null", "x");
    CHECK_THROWS_WITH(write_file("/dev/full", std::string(100, 'x')), ContainsSubstring("space"));
    CHECK_THROWS_WITH(require_writable(folder.path / "none" / "a.png"),
                      ContainsSubstring("there is no folder"));
    CHECK_NOTHROW(require_writable(path));
    CHECK_NOTHROW(require_writable("a.png"));
}

TEST_CASE("Channels are taken apart and put together") {
    const Image image = noise(4, 3, 4);
    CHECK(with_alpha(without_alpha(image), alpha_of(image)) == image);
    const Image gray = noise(4, 3, 2);
    CHECK(to_gray(to_rgb(gray)) == gray);
    CHECK(to_rgb(gray).channels == 4);
    CHECK(alpha_of(without_alpha(gray)) == Image::filled(4, 3, 1, 255));
    CHECK(to_gray(Image::filled(1, 1, 3, 255)) == Image::filled(1, 1, 1, 255));
}

TEST_CASE("Parts and enlargements of a picture") {
    const Image image = noise(6, 5, 3);
    CHECK(crop(enlarged(image, 3), 3, 6, 9, 6) == enlarged(crop(image, 1, 2, 3, 2), 3));
    CHECK_THROWS(crop(image, 4, 0, 3, 1));
}

TEST_CASE("Resizing keeps flat pictures, sizes that stay, and straight ramps") {
    CHECK(resized(noise(6, 5, 3), 6, 5) == noise(6, 5, 3));
    CHECK(resized(Image::filled(7, 9, 2, 93), 16, 4) == Image::filled(16, 4, 2, 93));
    Image ramp = Image::filled(8, 1, 1, 0);
    for (std::size_t x = 0; x < 8; ++x) ramp.pixels[x] = static_cast<std::uint8_t>(16 + 32 * x);
    const Image wide = resized(ramp, 16, 1);
    // Half-pixel centres: place x of the new picture is x / 2 - 1 / 4 of the old.
    for (std::size_t x = 1; x < 15; ++x) CHECK(wide.pixels[x] == 16 * x + 8);
    const Image narrow = resized(ramp, 4, 1);
    for (std::size_t x = 1; x < 3; ++x) CHECK(narrow.pixels[x] == 64 * x + 32);
}

TEST_CASE("A contact sheet has its pictures in rows") {
    const std::vector<Image> images = {noise(4, 3, 1, 1), noise(4, 3, 1, 2), noise(4, 3, 1, 3)};
    const Image sheet = contact_sheet(images, {.rows = 2, .columns = 2, .gap = 1, .zoom = 2});
    CHECK(sheet.width == 2 * 8 + 3);
    CHECK(sheet.height == 2 * 6 + 3);
    CHECK(sheet.channels == 1);
    CHECK(crop(sheet, 10, 1, 8, 6) == enlarged(images[1], 2));
    CHECK(crop(sheet, 1, 8, 8, 6) == enlarged(images[2], 2));
    CHECK(crop(sheet, 9, 8, 10, 7) == Image::filled(10, 7, 1, 255));

    const std::vector<Image> mixed = {noise(4, 4, 3), noise(2, 2, 2)};
    const Image both = contact_sheet(mixed, {.gap = 0});
    CHECK(both.channels == 4);
    CHECK(crop(both, 5, 1, 2, 2) == to_rgb(mixed[1]));
    CHECK(alpha_of(crop(both, 0, 0, 5, 4)) == Image::filled(5, 4, 1, 255));
}

TEST_CASE("Grids are read, made, and refused") {
    const SheetLayout grid = parse_grid("4x8");
    CHECK(grid.rows == 4);
    CHECK(grid.columns == 8);
    for (const char* bad :
         {"", "4", "x", "4x", "x4", "0x4", "4x0", "-1x2", "4x8x2", "9999x1", "4*8"})
        CHECK_THROWS_WITH(parse_grid(bad), ContainsSubstring("rows x columns"));
    CHECK(fitted({}, 5).columns == 3);
    CHECK(fitted({}, 5).rows == 2);
    CHECK(fitted({}, 9).rows == 3);
    CHECK_THROWS_WITH(fitted({.rows = 2, .columns = 2}, 5), ContainsSubstring("no room for 5"));
}

TEST_CASE("Pictures become tensors and come back") {
    const std::vector<Image> images = {noise(5, 3, 3, 1), noise(5, 3, 3, 2)};
    for (const ValueRange range : {unit_range, signed_range, ValueRange{1, 0}}) {
        const Pictures tensor = to_tensor(images, range);
        CHECK(tensor.shape() == std::vector<std::int64_t>{2, 3, 3, 5});
        CHECK(to_images(tensor, range) == images);
        // [n, c, y, x]
        const float value = tensor.values[((1 * 3 + 2) * 3 + 1) * 5 + 4];
        const float byte = images[1].pixel(4, 1)[2];
        CHECK(std::abs(value - (range.black + byte / 255 * (range.white - range.black))) < 1e-6f);
    }
}

TEST_CASE("Tensors that are no pictures are refused") {
    Pictures tensor{1, 1, 1, 3, {-7.0f, 0.5f, 7.0f}};
    CHECK(to_images(tensor, unit_range)[0].pixels == std::vector<std::uint8_t>{0, 128, 255});
    tensor.values[1] = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_WITH(to_images(tensor, unit_range), ContainsSubstring("not finite"));
    CHECK_THROWS_WITH(to_images(Pictures{1, 2, 1, 1, {0, 0}}, unit_range),
                      ContainsSubstring("1 or 3 channels"));
    hekla::Tensor flat;
    flat.shape = {2, 3};
    flat.bytes.resize(24);
    CHECK_THROWS_WITH(to_images(flat, unit_range), ContainsSubstring("[2, 3]"));
}
