// SPDX-License-Identifier: MIT
#include "picture_output.hpp"

#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "files.hpp"
#include "png.hpp"

namespace hekla::host {

PictureOutput::PictureOutput(const std::string& path)
    : path_(path), folder_(path.ends_with('/') || std::filesystem::is_directory(path)) {
    if (!folder_) {
        require_writable(path);
        return;
    }
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (!std::filesystem::is_directory(path))
        throw std::runtime_error(path + ": the folder cannot be made: " + error.message());
}

void PictureOutput::write(std::span<const Image> images, const SheetLayout& layout,
                          const RunOptions& options, Report& report) const {
    const PngText text = {{"Software", options.recipe}};
    const auto save = [&](const std::string& path, const Image& image) {
        write_png(path, image, text);
        report.add_output(path);
    };
    if (folder_) {
        for (std::size_t i = 0; i < images.size(); ++i) {
            char name[32];
            std::snprintf(name, sizeof name, "%03zu.png", i);
            save((std::filesystem::path(path_) / name).string(), enlarged(images[i], layout.zoom));
        }
    } else if (images.size() == 1 && layout.rows == 0) {
        save(path_, enlarged(images[0], layout.zoom));
    } else {
        save(path_, contact_sheet(images, layout));
    }
}

}  // namespace hekla::host
