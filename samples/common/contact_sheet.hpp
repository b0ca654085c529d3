// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>

#include "image.hpp"

namespace hekla::host {

struct SheetLayout {
    std::size_t rows = 0, columns = 0;  ///< 0: as square as may be, wider rather than taller
    std::size_t gap = 2;                ///< pixels between cells and around them
    std::size_t zoom = 1;               ///< each pixel of a picture becomes zoom by zoom
    std::uint8_t background = 255;
};

/// "4x8", rows first. Throws std::runtime_error.
SheetLayout parse_grid(const std::string& text);

/// `layout` with rows and columns for `count` pictures. Throws std::runtime_error where the grid asked for does not hold them.
SheetLayout fitted(SheetLayout layout, std::size_t count);

/// Pictures side by side, row after row. Cells are as large as the largest picture; smaller ones stand in the middle. Gray if all pictures
/// are, with alpha if any has it. Cells left over show the background.
Image contact_sheet(std::span<const Image> images, SheetLayout layout = {});

}  // namespace hekla::host
