// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace hekla::weights {

enum class WeightFormat { safetensors, gguf };

/// What a weight file is by its first bytes; its name does not count. Safetensors has no mark of its own, so that is what anything
/// unknown is taken for. Throws Error(invalid_file) for what people meet instead of weights: a Git LFS pointer, a pickle, a web page.
WeightFormat sniff_weights(std::span<const std::byte> image, std::string_view file);

/// Throws for a Git LFS pointer or a web page in place of any file.
void refuse_stand_in(std::string_view text, std::string_view file);

}  // namespace hekla::weights
