// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace hekla::text {

/// The bytes of a regular file. Throws ComponentError for one that is missing, something else than
/// a regular file (a folder, a device, a pipe), larger than `max_bytes`, or unreadable.
std::string read_small_file(const std::filesystem::path& path, std::size_t max_bytes);

}  // namespace hekla::text
