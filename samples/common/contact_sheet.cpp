// SPDX-License-Identifier: MIT
#include "contact_sheet.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "png.hpp"

namespace hekla::host {
namespace {

std::size_t parse_count(const std::string& text, std::string_view part) {
    std::size_t value = 0;
    const auto end = part.data() + part.size();
    const auto [stop, error] = std::from_chars(part.data(), end, value);
    if (error != std::errc() || stop != end || value == 0 || value > 1000)
        throw std::runtime_error("`" + text +
                                 "` is no grid; write rows x columns, each 1 to 1000, e.g. 4x8");
    return value;
}

}  // namespace

SheetLayout parse_grid(const std::string& text) {
    const std::size_t cross = std::min(text.find('x'), text.size());
    const std::string_view all = text;
    SheetLayout out;
    out.rows = parse_count(text, all.substr(0, cross));
    out.columns = parse_count(text, all.substr(std::min(cross + 1, all.size())));
    return out;
}

SheetLayout fitted(SheetLayout layout, std::size_t count) {
    count = std::max<std::size_t>(count, 1);
    if (layout.columns == 0) {
        if (layout.rows > 0)
            layout.columns = (count + layout.rows - 1) / layout.rows;
        else
            while (layout.columns * layout.columns < count) ++layout.columns;
    }
    if (layout.rows == 0) layout.rows = (count + layout.columns - 1) / layout.columns;
    if (layout.rows * layout.columns < count)
        throw std::runtime_error("a grid of " + std::to_string(layout.rows) + "x" +
                                 std::to_string(layout.columns) + " has no room for " +
                                 std::to_string(count) + " pictures");
    return layout;
}

Image contact_sheet(std::span<const Image> images, SheetLayout layout) {
    if (images.empty()) throw std::logic_error("a contact sheet of no pictures");
    layout = fitted(layout, images.size());
    std::size_t width = 0, height = 0;
    bool gray = true, alpha = false;
    for (const Image& image : images) {
        width = std::max(width, image.width * layout.zoom);
        height = std::max(height, image.height * layout.zoom);
        gray = gray && image.is_gray();
        alpha = alpha || image.has_alpha();
    }
    const std::size_t sheet_width = layout.columns * (width + layout.gap) + layout.gap;
    const std::size_t sheet_height = layout.rows * (height + layout.gap) + layout.gap;
    if (sheet_width > max_pixels / sheet_height)
        throw std::runtime_error("the contact sheet would have " + std::to_string(sheet_width) +
                                 "x" + std::to_string(sheet_height) +
                                 " pixels; ask for fewer or smaller pictures");
    Image sheet =
        Image::filled(sheet_width, sheet_height, (gray ? 1u : 3u) + alpha, layout.background);
    if (alpha)
        for (std::size_t i = 0; i < sheet.width * sheet.height; ++i)
            sheet.pixels[(i + 1) * sheet.channels - 1] = 255;
    for (std::size_t i = 0; i < images.size(); ++i) {
        Image cell = enlarged(gray ? images[i] : to_rgb(images[i]), layout.zoom);
        if (alpha && !cell.has_alpha()) cell = with_alpha(cell, alpha_of(cell));
        const std::size_t column = i % layout.columns, row = i / layout.columns;
        const std::size_t x = layout.gap + column * (width + layout.gap) + (width - cell.width) / 2;
        const std::size_t y = layout.gap + row * (height + layout.gap) + (height - cell.height) / 2;
        for (std::size_t line = 0; line < cell.height; ++line)
            std::copy_n(cell.pixel(0, line), cell.width * cell.channels, sheet.pixel(x, y + line));
    }
    return sheet;
}

}  // namespace hekla::host
