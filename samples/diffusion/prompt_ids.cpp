// SPDX-License-Identifier: MIT
#include "prompt_ids.hpp"

#include <optional>
#include <stdexcept>

#include "prompt_tokens.hpp"

namespace hekla::diffusion {
namespace {

const Tensor* find(const host::Tensors& given, const std::string& name, std::size_t encoder) {
    auto at = given.find(encoder == 0 ? name : name + "_2");
    if (at == given.end()) at = given.find(name);
    if (at == given.end()) return nullptr;
    if (at->second.dtype != HEKLA_I32 || at->second.shape.size() != 2 || at->second.shape[0] < 1)
        throw std::runtime_error("`" + at->first + "` must be whole numbers, [prompts, places]");
    return &at->second;
}

PromptIds from_tensor(const Tensor& tensor) {
    const auto ids = tensor.as<std::int32_t>();
    return {tensor.shape[0], tensor.shape[1], {ids.begin(), ids.end()}};
}

}  // namespace

Prompts prompt_ids(const PipelineFolder& pipeline, const std::vector<std::string>& texts,
                   const std::string& avoided, const host::Tensors& given) {
    Prompts out;
    const bool nothing =
        pipeline.zeros_for_empty_prompt && avoided.empty() && !given.contains("uncond_ids");
    for (std::size_t i = 0; i < pipeline.text_encoders.size(); ++i) {
        const auto places = static_cast<std::size_t>(
            pipeline.text_encoders[i].count("max_position_embeddings", 77));
        const Tensor* wanted_ids = find(given, "input_ids", i);
        const Tensor* avoided_ids = find(given, "uncond_ids", i);
        std::optional<PromptTokens> tokens;
        if (!wanted_ids || !(avoided_ids || nothing)) {
            if (i >= pipeline.tokenizers.size())
                throw std::runtime_error(
                    pipeline.folder.string() +
                    ": the pipeline has no part `tokenizer`: give ids, `input_ids` "
                    "and `uncond_ids`, by --inputs");
            tokens.emplace(pipeline.tokenizers[i], places);
        }
        const auto encode = [&](const std::vector<std::string>& prompts) {
            PromptIds ids{
                static_cast<std::int64_t>(prompts.size()), static_cast<std::int64_t>(places), {}};
            for (const std::string& prompt : prompts) {
                const auto row = tokens->encode(prompt);
                ids.ids.insert(ids.ids.end(), row.begin(), row.end());
            }
            return ids;
        };
        out.wanted.push_back(wanted_ids ? from_tensor(*wanted_ids) : encode(texts));
        if (!nothing)
            out.avoided.push_back(avoided_ids ? from_tensor(*avoided_ids) : encode({avoided}));
        if (!nothing && out.avoided[i].places != out.wanted[i].places)
            throw std::runtime_error("`input_ids` and `uncond_ids` must have as many places");
        if (out.wanted[i].count != out.wanted[0].count)
            throw std::runtime_error("both text encoders must be given as many prompts");
    }
    return out;
}

}  // namespace hekla::diffusion
