// SPDX-License-Identifier: MIT
#pragma once

#include "weights/checkpoint.hpp"

#include <span>
#include <string_view>

namespace hekla::weights {

class GgufMetadata;

/// Refuses sizes of a model that cannot be, before anybody builds a graph by them: `block_count`, `head_count`, `embedding_length` and
/// their like below the architecture's name must be whole numbers from 0 on (or lists of these, one a block), with no more blocks than
/// tensors, and 0 only where no tensor needs them; epsilons and rotary bases must be positive numbers. Other keys are not looked at.
/// Throws Error(invalid_file) naming file and key.
void check_gguf_sizes(const GgufMetadata& metadata, std::span<const Tensor> tensors,
                      std::string_view file);

}  // namespace hekla::weights
