// SPDX-License-Identifier: MIT
#pragma once

#include "base/dtype.hpp"

#include <cstddef>
#include <optional>
#include <span>

/// Quantised weights: blocks of small whole numbers with scales, as GGUF files store them (ggml-org/ggml, docs and ggml-common.h
/// define the formats; the formulas are restated in quantised.cpp).
namespace hekla::weights {

/// Writes the real numbers that whole blocks of a quantised type stand for. Throws Error(internal) if `blocks` are no whole blocks,
/// or `out` does not hold as many elements. Any alignment.
void dequantise(DType type, std::span<const std::byte> blocks, std::span<float> out);

/// The first block of a quantised type whose scale or minimum is infinite or not a number; nothing for other types.
std::optional<std::size_t> find_unusable_block(DType type, std::span<const std::byte> blocks);

}  // namespace hekla::weights
