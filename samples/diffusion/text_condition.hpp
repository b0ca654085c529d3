// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pipeline_folder.hpp"
#include "session.hpp"

namespace hekla::diffusion {

/// Ids of some prompts for one text encoder, [count, places].
struct PromptIds {
    std::int64_t count = 0, places = 0;
    std::vector<std::int32_t> ids;
};

/// What the UNet is told of some prompts.
struct TextCondition {
    std::int64_t count = 0, places = 0, width = 0, pooled_width = 0;
    std::vector<float> text;    ///< [count, places, width]
    std::vector<float> pooled;  ///< [count, pooled_width]; empty where the UNet takes none

    /// Row i alone.
    std::span<const float> text_of(std::int64_t i) const;
    std::span<const float> pooled_of(std::int64_t i) const;
    /// `rows` rows, of which each of some rows from `first` on comes equally often, one after the other.
    TextCondition spread(std::int64_t first, std::int64_t of, std::int64_t rows) const;
    /// As much of nothing: zeros.
    TextCondition nothing() const;
};

/// Rows of both, one after the other.
std::vector<PromptIds> joined(const std::vector<PromptIds>& first,
                              const std::vector<PromptIds>& second);

/// Runs the pipeline's text encoders, one after the other, `ids` for each. A single encoder gives its last states (SD 1.x and 2.x); two give
/// their last but one side by side, and the second its pooled embedding (SDXL). Throws std::runtime_error for ids outside a vocabulary.
TextCondition encode_prompts(host::Session& session, const PipelineFolder& pipeline,
                             const std::vector<PromptIds>& ids);

}  // namespace hekla::diffusion
