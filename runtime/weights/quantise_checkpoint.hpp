// SPDX-License-Identifier: MIT
#pragma once

#include "base/dtype.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

/// A full checkpoint as a smaller one.
namespace hekla::weights {

struct QuantiseReport {
    struct Kept {
        std::string tensor;
        DType type;          ///< that it is stored as
        std::string reason;  ///< why not in the type asked for
    };
    std::vector<Kept> kept;
    std::uint64_t changed = 0;                        ///< tensors in the type asked for
    std::uint64_t bytes_before = 0, bytes_after = 0;  ///< of all tensors
    double error =
        0;  ///< root of the mean square of what changed tensors lost, over that of their values
};

/// Writes the checkpoint `in` (as Checkpoint::open() takes it) with its floating tensors in `type`: to NAME.gguf f16, bf16 and every
/// quantised type, to NAME.safetensors f16 and bf16. Appears whole or not at all.
///
/// In GGUF files tensors of one dimension stay as they are, and rows that are no whole blocks of `type` become f16; both are reported. A GGUF file's
/// metadata is carried over, tokenizer included, with `general.file_type` made true. Of a safetensors checkpoint the tensors keep their
/// names and layouts, config.json becomes metadata under its own keys (dots into nested objects) and tokenizer.json
/// `tokenizer.huggingface.json`: such a GGUF file runs in Hekla and carries all that the folder had; programs that know GGUF's own
/// names alone do not read it. A safetensors file gets its tensors alone: config.json belongs beside it.
///
/// `progress` is told the bytes read so far and in all. Throws Error(invalid_argument) for a type that the file cannot hold, a checkpoint
/// that is quantised already, a GGUF file to be made safetensors, an `out` that is the file read; Error(invalid_file) for values that are
/// not finite or too large, naming the tensor.
QuantiseReport quantise_checkpoint(
    const std::filesystem::path& in, DType type, const std::filesystem::path& out,
    const std::function<void(std::uint64_t done, std::uint64_t total)>& progress = {});

}  // namespace hekla::weights
