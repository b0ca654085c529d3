// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace hekla::diffusion {

/// One of a pipeline's models: its folder and what its config.json says.
struct Part {
    std::filesystem::path folder;
    nlohmann::json config;

    /// A number of the config, or `otherwise` where it is left out or null. Throws std::runtime_error for anything else.
    double number(const char* key, double otherwise) const;
    /// The same for a whole number of at least 1.
    std::int64_t count(const char* key, std::int64_t otherwise) const;
    /// A list's length; 0 where there is none.
    std::size_t length(const char* key) const;
    [[noreturn]] void fail(const std::string& key, const std::string& why) const;
};

/// A text-to-image pipeline as published: a folder with model_index.json and a folder for each part it lists.
struct PipelineFolder {
    std::filesystem::path folder;
    std::string class_name;           ///< "StableDiffusionPipeline"
    std::vector<Part> text_encoders;  ///< one, or two (SDXL)
    std::vector<std::filesystem::path>
        tokenizers;  ///< of the same order; empty: the pipeline has none
    Part unet, vae;
    std::filesystem::path scheduler_config;
    bool zeros_for_empty_prompt =
        false;  ///< SDXL: nothing to avoid is all zeros, not the empty text

    /// Height and width of pictures the UNet was trained on.
    std::pair<std::int64_t, std::int64_t> trained_size() const;
    /// The UNet takes mask and masked picture beside the latent.
    bool inpaints() const;
    std::int64_t latent_channels() const { return vae.count("latent_channels", 4); }
};

/// A model on its own. Throws std::runtime_error.
Part read_model(const std::filesystem::path& folder);

/// Pixels that a place of an autoencoder's latent stands for, along each side.
std::int64_t pixels_per_place(const Part& vae);

/// Reads model_index.json and the parts' configurations, and sees that weights are there. Throws std::runtime_error that names the part
/// that is missing, or the key that cannot be.
PipelineFolder read_pipeline(const std::filesystem::path& folder);

}  // namespace hekla::diffusion
