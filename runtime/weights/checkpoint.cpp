// SPDX-License-Identifier: MIT
// How checkpoints are found and opened.
#include "weights/checkpoint.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "weights/config.hpp"
#include "weights/json.hpp"
#include "weights/mapped_checkpoint.hpp"
#include "weights/model_folder.hpp"
#include "weights/safetensors.hpp"
#include "weights/shard_index.hpp"
#include "weights/sniff.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace hekla::weights {

namespace {

constexpr std::uint64_t max_config_bytes = 16 << 20;
constexpr std::uint64_t max_index_bytes = max_header_bytes;

Config read_config(const File& file) {
    const std::string text = file.read_all(max_config_bytes);
    refuse_stand_in(text, file.path().string());
    return Config(text, file.path().string());
}

/// The configuration given, else the folder's own.
Config config_beside(const ModelFolder& folder, const std::optional<std::filesystem::path>& given) {
    if (given) return read_config(File::open(*given));
    if (folder.has("config.json"))
        return read_config(folder.open("config.json", HardLinks::accept));
    return Config();
}

std::unique_ptr<Checkpoint> open_single(const ModelFolder& folder, File file,
                                        const std::optional<std::filesystem::path>& config) {
    MappedFile map(std::move(file));
    // GGUF files carry their configuration; what lies beside them is for others.
    if (sniff_weights(map.bytes(), map.path().string()) == WeightFormat::gguf)
        return open_gguf(std::move(map), config ? read_config(File::open(*config)) : Config());
    auto checkpoint = std::make_unique<SafetensorsCheckpoint>(config_beside(folder, config));
    checkpoint->add(std::move(map));
    return checkpoint;
}

std::unique_ptr<Checkpoint> open_shards(const ModelFolder& folder, const File& index_file,
                                        const std::optional<std::filesystem::path>& config) {
    const std::string index_name = index_file.path().string();
    const std::string text = index_file.read_all(max_index_bytes);
    refuse_stand_in(text, index_name);
    const ShardIndex index = read_shard_index(text, index_name);

    auto checkpoint = std::make_unique<SafetensorsCheckpoint>(config_beside(folder, config));
    for (const std::string& name : index.files) {
        try {
            MappedFile map(folder.open(name, HardLinks::refuse));
            if (sniff_weights(map.bytes(), map.path().string()) == WeightFormat::gguf)
                throw Error(ErrorCode::invalid_file,
                            map.path().string() +
                                ": is a GGUF file; the shards of an index are safetensors");
            checkpoint->add(std::move(map));
        } catch (const Error& error) {
            if (error.code() != ErrorCode::not_found) throw;
            throw Error(error.code(), fmt::format("{}: the shard {} is missing ({})", index_name,
                                                  quoted_for_message(name), error.what()));
        }
    }
    checkpoint->merge();
    // What the shards hold beyond the index is kept; what the index promises must be where it says.
    for (const auto& [name, position] : index.tensors) {
        const std::optional<std::uint32_t> found = checkpoint->find(name);
        if (!found || checkpoint->tensors()[*found].file != position) {
            throw Error(
                ErrorCode::invalid_file,
                fmt::format("{}: tensor {}: is not in {}, where the index places it", index_name,
                            quoted_for_message(name), quoted_for_message(index.files[position])));
        }
    }
    return checkpoint;
}

}  // namespace

std::unique_ptr<Checkpoint> Checkpoint::open(const std::filesystem::path& folder_or_file,
                                             const std::optional<std::filesystem::path>& config) {
    std::error_code error;
    const bool is_folder = std::filesystem::is_directory(folder_or_file, error);
    const ModelFolder folder(is_folder ? folder_or_file : folder_or_file.parent_path());
    const std::string name =
        is_folder ? folder.choose_weights() : folder_or_file.filename().string();
    File file = is_folder ? folder.open(name, HardLinks::accept) : File::open(folder_or_file);
    return is_shard_index(name) ? open_shards(folder, file, config)
                                : open_single(folder, std::move(file), config);
}

std::unique_ptr<Checkpoint> Checkpoint::open_config(const std::filesystem::path& config) {
    return std::make_unique<SafetensorsCheckpoint>(read_config(File::open(config)));
}

std::unique_ptr<Checkpoint> Checkpoint::from_memory(std::span<const std::byte> image,
                                                    std::string_view config_json) {
    Config config = config_json.empty() ? Config() : Config(config_json, "config.json");
    if (sniff_weights(image, "memory") == WeightFormat::gguf)
        return open_gguf(image, std::move(config));
    auto checkpoint = std::make_unique<SafetensorsCheckpoint>(std::move(config));
    checkpoint->add(image);
    return checkpoint;
}

std::optional<std::uint32_t> Checkpoint::find(std::string_view name) const {
    const std::span<const Tensor> all = tensors();
    const auto found =
        std::lower_bound(all.begin(), all.end(), name,
                         [](const Tensor& a, std::string_view b) { return a.name < b; });
    if (found == all.end() || found->name != name) return std::nullopt;
    return static_cast<std::uint32_t>(found - all.begin());
}

}  // namespace hekla::weights
