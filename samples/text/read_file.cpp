// SPDX-License-Identifier: MIT
#include "read_file.hpp"

#include <fstream>
#include <system_error>

#include "tokenizer_error.hpp"

namespace hekla::text {

std::string read_small_file(const std::filesystem::path& path, std::size_t max_bytes) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) throw ComponentError("there is no such file");
    // Before it is opened: opening a pipe would wait, reading a device would not end.
    if (!std::filesystem::is_regular_file(status))
        throw ComponentError("this is not a regular file");
    const auto size = std::filesystem::file_size(path, error);
    if (error) throw ComponentError("its size cannot be told: " + error.message());
    if (size > max_bytes) {
        throw ComponentError("it has " + std::to_string(size) + " bytes; at most " +
                             std::to_string(max_bytes) + " are read");
    }
    std::ifstream in(path, std::ios::binary);
    std::string bytes(static_cast<std::size_t>(size), '\0');
    if (!in || (size > 0 && !in.read(bytes.data(), static_cast<std::streamsize>(size)))) {
        throw ComponentError("it cannot be read");
    }
    return bytes;
}

}  // namespace hekla::text
