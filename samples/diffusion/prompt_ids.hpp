// SPDX-License-Identifier: MIT
#pragma once

#include "pipeline_folder.hpp"
#include "tensor_file.hpp"
#include "text_condition.hpp"

namespace hekla::diffusion {

/// Prompts as ids, for each text encoder of a pipeline.
struct Prompts {
    std::vector<PromptIds> wanted;  ///< a row each
    std::vector<PromptIds>
        avoided;  ///< one row, or one for each wanted; empty: nothing at all, which is zeros
};

/// Ids of texts, by the pipeline's tokenizers; or as given: `input_ids` and `uncond_ids`, for a second encoder `input_ids_2` and
/// `uncond_ids_2`, which are the first's where left out. Throws std::runtime_error.
Prompts prompt_ids(const PipelineFolder& pipeline, const std::vector<std::string>& texts,
                   const std::string& avoided, const host::Tensors& given);

}  // namespace hekla::diffusion
