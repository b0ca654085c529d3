// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>

#include "contact_sheet.hpp"
#include "session.hpp"

namespace hekla::host {

/// Where pictures go, as -o says it: NAME.png: one picture, or the contact sheet of several; a folder (there already, or a name that ends
/// in /): NUMBER.png for each, from 000.png on.
class PictureOutput {
  public:
    /// Throws for a path that could not be written, so ask before the work.
    explicit PictureOutput(const std::string& path);

    bool is_folder() const { return folder_; }
    /// Writes, and tells the report. Each file holds `options.recipe` as its text "Software". `layout` is of the sheet; a single picture
    /// without a grid asked for is written as it is, `zoom` times as large.
    void write(std::span<const Image> images, const SheetLayout& layout, const RunOptions& options,
               Report& report) const;

  private:
    std::string path_;
    bool folder_;
};

}  // namespace hekla::host
