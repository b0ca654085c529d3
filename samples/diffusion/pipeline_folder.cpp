// SPDX-License-Identifier: MIT
#include "pipeline_folder.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "files.hpp"

namespace hekla::diffusion {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t max_config_bytes = std::size_t{4} << 20;

json read_object(const fs::path& path) {
    json out = json::parse(host::read_file(path, max_config_bytes), nullptr, false);
    if (!out.is_object()) throw std::runtime_error(path.string() + " is not a JSON object");
    return out;
}

/// Whether the index lists a part: ["library", "Class"], not [null, null].
bool listed(const json& index, const char* name) {
    const auto at = index.find(name);
    return at != index.end() && at->is_array() && at->size() == 2 && !at->at(1).is_null();
}

bool has_weights(const fs::path& folder) {
    for (const auto& file : fs::directory_iterator(folder)) {
        const std::string name = file.path().filename();
        if (name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json"))
            return true;
    }
    return false;
}

Part read_part(const fs::path& pipeline, const std::string& name) {
    const fs::path folder = pipeline / name;
    const auto missing = [&](const std::string& what) {
        throw std::runtime_error(pipeline.string() + ": the pipeline's part `" + name +
                                 "` is missing: there is no " + what);
    };
    if (!fs::is_directory(folder)) missing("folder " + folder.string());
    if (!fs::exists(folder / "config.json")) missing((folder / "config.json").string());
    if (!has_weights(folder)) missing("*.safetensors in " + folder.string());
    return {folder, read_object(folder / "config.json")};
}

}  // namespace

void Part::fail(const std::string& key, const std::string& why) const {
    throw std::runtime_error((folder / "config.json").string() + ": " + key + ": " + why);
}

double Part::number(const char* key, double otherwise) const {
    const auto at = config.find(key);
    if (at == config.end() || at->is_null()) return otherwise;
    if (!at->is_number()) fail(key, at->dump() + " is not a number");
    return at->get<double>();
}

std::int64_t Part::count(const char* key, std::int64_t otherwise) const {
    const double value = number(key, static_cast<double>(otherwise));
    if (!(value >= 1 && value <= 1e6) || value != std::floor(value))
        fail(key, std::to_string(value) + " is not a whole number from 1 up");
    return static_cast<std::int64_t>(value);
}

std::size_t Part::length(const char* key) const {
    const auto at = config.find(key);
    return at != config.end() && at->is_array() ? at->size() : 0;
}

Part read_model(const fs::path& folder) {
    if (!fs::exists(folder / "config.json"))
        throw std::runtime_error(folder.string() + " is no model's folder: it has no config.json");
    return {folder, read_object(folder / "config.json")};
}

std::int64_t pixels_per_place(const Part& vae) {
    const std::size_t levels =
        std::max(vae.length("block_out_channels"), vae.length("encoder_block_out_channels"));
    if (levels < 1 || levels > 8)
        vae.fail("block_out_channels", "a list of 1 to 8 numbers is needed");
    return std::int64_t{1} << (levels - 1);
}

std::pair<std::int64_t, std::int64_t> PipelineFolder::trained_size() const {
    const std::int64_t scale = pixels_per_place(vae);
    const auto at = unet.config.find("sample_size");
    if (at != unet.config.end() && at->is_array() && at->size() == 2 &&
        at->at(0).is_number_integer() && at->at(1).is_number_integer())
        return {at->at(0).get<std::int64_t>() * scale, at->at(1).get<std::int64_t>() * scale};
    const std::int64_t size = unet.count("sample_size", 64) * scale;
    return {size, size};
}

bool PipelineFolder::inpaints() const {
    return unet.count("in_channels", 4) == 2 * latent_channels() + 1;
}

PipelineFolder read_pipeline(const fs::path& folder) {
    if (!fs::is_directory(folder)) throw std::runtime_error(folder.string() + ": no such folder");
    if (!fs::exists(folder / "model_index.json"))
        throw std::runtime_error(folder.string() +
                                 " is no pipeline folder: it has no model_index.json");
    const json index = read_object(folder / "model_index.json");
    PipelineFolder out;
    out.folder = folder;
    if (index.contains("_class_name") && index["_class_name"].is_string())
        out.class_name = index["_class_name"];
    for (const char* needed : {"text_encoder", "unet", "vae", "scheduler"})
        if (!listed(index, needed))
            throw std::runtime_error(
                (folder / "model_index.json").string() + ": the pipeline `" + out.class_name +
                "` has no part `" + needed +
                "`: latent diffusion needs text_encoder, unet, vae and scheduler");
    for (const std::string number : {"", "_2"}) {
        if (!listed(index, ("text_encoder" + number).c_str())) break;
        out.text_encoders.push_back(read_part(folder, "text_encoder" + number));
        const std::string tokenizer = "tokenizer" + number;
        if (!listed(index, tokenizer.c_str())) continue;
        if (!fs::is_directory(folder / tokenizer))
            throw std::runtime_error(folder.string() + ": the pipeline's part `" + tokenizer +
                                     "` is missing: there is no folder " +
                                     (folder / tokenizer).string());
        out.tokenizers.push_back(folder / tokenizer);
    }
    out.unet = read_part(folder, "unet");
    out.vae = read_part(folder, "vae");
    out.scheduler_config = folder / "scheduler" / "scheduler_config.json";
    if (!fs::exists(out.scheduler_config))
        throw std::runtime_error(folder.string() +
                                 ": the pipeline's part `scheduler` is missing: there is no " +
                                 out.scheduler_config.string());
    out.zeros_for_empty_prompt = index.contains("force_zeros_for_empty_prompt") &&
                                 index["force_zeros_for_empty_prompt"] == true;

    const std::int64_t takes = out.unet.count("in_channels", 4), latent = out.latent_channels();
    if (takes != latent && !out.inpaints())
        out.unet.fail("in_channels", "the UNet takes " + std::to_string(takes) +
                                         " channels; with the vae's latents of " +
                                         std::to_string(latent) + " it should be " +
                                         std::to_string(latent) + ", or " +
                                         std::to_string(2 * latent + 1) + " for inpainting");
    return out;
}

}  // namespace hekla::diffusion
