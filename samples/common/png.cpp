// SPDX-License-Identifier: MIT
#include "png.hpp"

#include <png.h>
#include <zlib.h>

#include <cstdint>
#include <limits>

#include "files.hpp"

namespace hekla::host {
namespace {

constexpr std::size_t max_file_bytes = std::size_t{1} << 30;
constexpr std::string_view signature = "\x89PNG\r\n\x1a\n";
constexpr std::size_t header_chunk_end =
    8 + 25;  // the signature; IHDR: length, name, 13 bytes, sum

/// Frees what libpng holds, however a function is left.
struct PngImage : png_image {
    PngImage() : png_image() { version = PNG_IMAGE_VERSION; }
    PngImage(const PngImage&) = delete;
    PngImage& operator=(const PngImage&) = delete;
    ~PngImage() { png_image_free(this); }
};

void append_number(std::string& out, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

/// An international text chunk, uncompressed (PNG specification, section 11.3.3.4).
std::string text_chunk(const std::string& keyword, const std::string& text) {
    if (keyword.empty() || keyword.size() > 79)
        throw std::logic_error("a PNG keyword has 1 to 79 characters");
    std::string body = "iTXt" + keyword;
    body.append(5, '\0');  // end of keyword; not compressed, 0; no language; no translated keyword
    body += text;
    std::string out;
    append_number(out, static_cast<std::uint32_t>(body.size() - 4));
    out += body;
    append_number(out,
                  static_cast<std::uint32_t>(::crc32(0, reinterpret_cast<const Bytef*>(body.data()),
                                                     static_cast<uInt>(body.size()))));
    return out;
}

constexpr png_uint_32 formats[] = {0, PNG_FORMAT_GRAY, PNG_FORMAT_GA, PNG_FORMAT_RGB,
                                   PNG_FORMAT_RGBA};

}  // namespace

Image decode_png(std::string_view bytes, const std::string& name) {
    const auto fail = [&](const std::string& why) { throw PngError(name + ": " + why); };
    if (bytes.substr(0, signature.size()) != signature.substr(0, bytes.size()) || bytes.empty())
        fail("this is not a PNG file");
    if (bytes.size() < header_chunk_end)
        fail("the file is cut short: it ends within the PNG header");
    PngImage png;
    if (!png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()))
        fail(std::string("this PNG file cannot be read: ") + png.message);
    if (png.width > max_pixels / png.height)
        fail("the picture is too large: " + std::to_string(png.width) + "x" +
             std::to_string(png.height) + " pixels; at most " + std::to_string(max_pixels) +
             " are read");
    // Of what the file has, only the numbers of channels is kept: no palette, no 16 bits, this order.
    png.format &= PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA;
    png.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;  // unless the file says otherwise, as for 8 bits
    Image out = Image::filled(png.width, png.height, PNG_IMAGE_SAMPLE_CHANNELS(png.format), 0);
    if (!png_image_finish_read(&png, nullptr, out.pixels.data(), 0, nullptr))
        fail(std::string("this PNG file is cut short or damaged: ") + png.message);
    return out;
}

Image read_png(const std::filesystem::path& path) {
    return decode_png(read_file(path, max_file_bytes), path.string());
}

std::string encode_png(const Image& image, const PngText& text) {
    if (image.width == 0 || image.height == 0 || image.channels < 1 || image.channels > 4 ||
        image.pixels.size() != image.size_bytes() || image.width > max_pixels / image.height)
        throw PngError("a picture of " + image.size_text() + " pixels and " +
                       std::to_string(image.channels) + " channels cannot be written as a PNG");
    PngImage png;
    png.width = static_cast<png_uint_32>(image.width);
    png.height = static_cast<png_uint_32>(image.height);
    png.format = formats[image.channels];
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
    std::string out(size, '\0');
    if (!png_image_write_to_memory(&png, out.data(), &size, 0, image.pixels.data(), 0, nullptr))
        throw PngError(std::string("the PNG cannot be written: ") + png.message);
    out.resize(size);
    std::string chunks;
    for (const auto& [keyword, words] : text) chunks += text_chunk(keyword, words);
    out.insert(header_chunk_end, chunks);
    return out;
}

void write_png(const std::filesystem::path& path, const Image& image, const PngText& text) {
    write_file(path, encode_png(image, text));
}

}  // namespace hekla::host
