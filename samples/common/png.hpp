// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "image.hpp"

namespace hekla::host {

/// A file that is no PNG, is cut short or damaged, or is too large; the text names the file.
class PngError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Most pixels that are read or written: past this a file is refused before memory is taken for it.
constexpr std::size_t max_pixels = std::size_t{1} << 28;  // 16384 x 16384

/// Keyword and text (UTF-8) kept in a PNG, e.g. {"Software", "hekla-gan ..."}. Keywords: 1 to 79 ASCII characters.
using PngText = std::vector<std::pair<std::string, std::string>>;

/// Any PNG, palettes and interlacing included, as 8-bit sRGB with the channels it has; 16-bit files lose their low bits. Throws PngError,
/// or std::runtime_error where the file cannot be opened.
Image read_png(const std::filesystem::path& path);
/// The same from memory; `name` stands for the file in messages.
Image decode_png(std::string_view bytes, const std::string& name);

/// Appears whole or not at all. The same picture and text give the same bytes.
void write_png(const std::filesystem::path& path, const Image& image, const PngText& text = {});
std::string encode_png(const Image& image, const PngText& text = {});

}  // namespace hekla::host
