// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace hekla::host {

/// The bytes of a regular file. Throws std::runtime_error with the path for one that is missing,
/// something else than a regular file (a folder, a device, a pipe), larger than `max_bytes`, or
/// unreadable.
std::string read_file(const std::filesystem::path& path, std::size_t max_bytes);

/// Writes a file that appears whole or not at all: the bytes go to a temporary file in the same
/// folder, which then takes the target's name. A symbolic link stays and its target is replaced; a
/// device or pipe is written straight through. Throws std::runtime_error with the path; the old file
/// is then as it was.
void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file(const std::filesystem::path& path, std::string_view text);

/// Throws std::runtime_error unless a file of this name could be written: its folder exists. Asked
/// before long work, so that a mistyped folder does not cost the work.
void require_writable(const std::filesystem::path& path);

}  // namespace hekla::host
