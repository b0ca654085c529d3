// SPDX-License-Identifier: MIT
#include "weights/sniff.hpp"

#include "base/error.hpp"

#include <fmt/format.h>

namespace hekla::weights {

void refuse_stand_in(std::string_view text, std::string_view file) {
    if (text.starts_with("version https://git-lfs.github.com/spec/"))
        throw Error(
            ErrorCode::invalid_file,
            fmt::format("{}: this is a Git LFS pointer, not the file itself; run git lfs pull",
                        file));
    if (text.starts_with("<!DOCTYPE") || text.starts_with("<!doctype") || text.starts_with("<html"))
        throw Error(
            ErrorCode::invalid_file,
            fmt::format("{}: this is a web page, not the file itself; download it again", file));
}

WeightFormat sniff_weights(std::span<const std::byte> image, std::string_view file) {
    const std::string_view start(reinterpret_cast<const char*>(image.data()),
                                 image.size() < 64 ? image.size() : 64);
    refuse_stand_in(start, file);
    if (start.size() > 8 && start[8] == '{') return WeightFormat::safetensors;
    // A zip archive, as torch.save writes, or a bare pickle of protocol 2 and later.
    if (start.starts_with("PK\x03\x04") ||
        (start.size() > 1 && start[0] == '\x80' && start[1] >= 2 && start[1] <= 5))
        throw Error(ErrorCode::invalid_file,
                    fmt::format("{}: this is a PyTorch pickle, which can run code and is never "
                                "read; convert it to safetensors",
                                file));
    if (start.starts_with("GGUF") || start.starts_with("FUGG")) return WeightFormat::gguf;
    return WeightFormat::safetensors;
}

}  // namespace hekla::weights
