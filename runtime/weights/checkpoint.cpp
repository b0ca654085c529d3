// SPDX-License-Identifier: MIT
#include "weights/checkpoint.hpp"

#include "base/checked.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "weights/config.hpp"
#include "weights/json.hpp"
#include "weights/model_folder.hpp"
#include "weights/safetensors.hpp"
#include "weights/shard_index.hpp"
#include "weights/sniff.hpp"

#include <algorithm>
#include <iterator>

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

class SafetensorsCheckpoint final : public Checkpoint {
  public:
    explicit SafetensorsCheckpoint(Config config) : config_(std::move(config)) {}

    void add(MappedFile file) {
        files_.push_back(file.path());
        images_.push_back(file.bytes());
        maps_.push_back(std::move(file));
        read_last();
    }
    /// The image is borrowed.
    void add(std::span<const std::byte> image) {
        files_.emplace_back("memory");
        images_.push_back(image);
        read_last();
    }
    /// Call once after the last add().
    void finish() {
        if (images_.size() == 1) return;  // sorted and unique already
        std::sort(tensors_.begin(), tensors_.end(),
                  [](const Tensor& a, const Tensor& b) { return a.name < b.name; });
        const auto same_name = [](const Tensor& a, const Tensor& b) { return a.name == b.name; };
        const auto twice = std::adjacent_find(tensors_.begin(), tensors_.end(), same_name);
        if (twice != tensors_.end()) {
            throw Error(ErrorCode::invalid_file,
                        fmt::format("{}: tensor {}: is in {} too", files_[twice[1].file].string(),
                                    quoted_for_message(twice->name),
                                    files_[twice->file].filename().string()));
        }
    }

    std::string_view format() const override { return "safetensors"; }
    std::string_view architecture() const override { return config_.architecture(); }
    std::optional<ConfigValue> config(std::string_view key) const override {
        return config_.find(key);
    }
    std::vector<std::string> config_keys() const override { return config_.keys(); }
    std::span<const Tensor> tensors() const override { return tensors_; }
    std::span<const std::filesystem::path> files() const override { return files_; }

    std::span<const std::byte> bytes(const Tensor& tensor) const override {
        if (tensor.file >= images_.size() ||
            !range_within(tensor.offset_bytes, tensor.size_bytes, images_[tensor.file].size()))
            throw Error(ErrorCode::internal, fmt::format("tensor {} is not of this checkpoint",
                                                         quoted_for_message(tensor.name)));
        if (!maps_.empty() && !maps_[tensor.file].still_whole())
            throw Error(ErrorCode::invalid_file,
                        files_[tensor.file].string() + ": was cut short while it was in use");
        return images_[tensor.file].subspan(static_cast<std::size_t>(tensor.offset_bytes),
                                            static_cast<std::size_t>(tensor.size_bytes));
    }

    void release(const Tensor& tensor) const override {
        if (maps_.empty() || tensor.file >= maps_.size()) return;
        const std::span<const std::byte> image = images_[tensor.file];
        if (!range_within(tensor.offset_bytes, tensor.size_bytes, image.size())) return;
        maps_[tensor.file].release(image.subspan(static_cast<std::size_t>(tensor.offset_bytes),
                                                 static_cast<std::size_t>(tensor.size_bytes)));
    }

  private:
    void read_last() {
        std::vector<Tensor> found = read_safetensors(
            images_.back(), files_.back().string(), static_cast<std::uint32_t>(images_.size() - 1));
        if (tensors_.size() + found.size() > max_tensors)
            throw Error(ErrorCode::limit, fmt::format("{}: more than {} tensors in all shards",
                                                      files_.back().string(), max_tensors));
        if (tensors_.empty())
            tensors_ = std::move(found);
        else
            tensors_.insert(tensors_.end(), std::make_move_iterator(found.begin()),
                            std::make_move_iterator(found.end()));
    }

    Config config_;
    std::vector<MappedFile> maps_;  // one per file, or none for memory
    std::vector<std::span<const std::byte>> images_;
    std::vector<std::filesystem::path> files_;
    std::vector<Tensor> tensors_;  // sorted by name
};

[[noreturn]] void refuse_gguf(const std::filesystem::path& file) {
    throw Error(ErrorCode::unsupported, file.string() +
                                            ": this is a GGUF file, which this build of Hekla does "
                                            "not read; use the model's safetensors files");
}

std::unique_ptr<Checkpoint> open_single(File file, Config config) {
    MappedFile map(std::move(file));
    if (sniff_weights(map.bytes(), map.path().string()) == WeightFormat::gguf)
        refuse_gguf(map.path());
    auto checkpoint = std::make_unique<SafetensorsCheckpoint>(std::move(config));
    checkpoint->add(std::move(map));
    checkpoint->finish();
    return checkpoint;
}

std::unique_ptr<Checkpoint> open_shards(const ModelFolder& folder, const File& index_file,
                                        Config config) {
    const std::string index_name = index_file.path().string();
    const std::string text = index_file.read_all(max_index_bytes);
    refuse_stand_in(text, index_name);
    const ShardIndex index = read_shard_index(text, index_name);

    auto checkpoint = std::make_unique<SafetensorsCheckpoint>(std::move(config));
    for (const std::string& name : index.files) {
        try {
            MappedFile map(folder.open(name, HardLinks::refuse));
            if (sniff_weights(map.bytes(), map.path().string()) == WeightFormat::gguf)
                refuse_gguf(map.path());
            checkpoint->add(std::move(map));
        } catch (const Error& error) {
            if (error.code() != ErrorCode::not_found) throw;
            throw Error(error.code(), fmt::format("{}: the shard {} is missing ({})", index_name,
                                                  quoted_for_message(name), error.what()));
        }
    }
    checkpoint->finish();
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

std::unique_ptr<Checkpoint> Checkpoint::open(
    const std::filesystem::path& folder_or_file,
    const std::optional<std::filesystem::path>& config_path) {
    std::error_code error;
    const bool is_folder = std::filesystem::is_directory(folder_or_file, error);
    const ModelFolder folder(is_folder ? folder_or_file : folder_or_file.parent_path());
    Config config;
    if (config_path)
        config = read_config(File::open(*config_path));
    else if (folder.has("config.json"))
        config = read_config(folder.open("config.json", HardLinks::accept));

    const auto open_file = [&](File file, bool sharded) {
        return sharded ? open_shards(folder, file, std::move(config))
                       : open_single(std::move(file), std::move(config));
    };
    if (!is_folder)
        return open_file(File::open(folder_or_file),
                         is_shard_index(folder_or_file.filename().string()));
    const std::string name = folder.choose_weights();
    return open_file(folder.open(name, HardLinks::accept), is_shard_index(name));
}

std::unique_ptr<Checkpoint> Checkpoint::open_config(const std::filesystem::path& config) {
    return std::make_unique<SafetensorsCheckpoint>(read_config(File::open(config)));
}

std::unique_ptr<Checkpoint> Checkpoint::from_memory(std::span<const std::byte> safetensors,
                                                    std::string_view config_json) {
    if (sniff_weights(safetensors, "memory") == WeightFormat::gguf) refuse_gguf("memory");
    auto checkpoint = std::make_unique<SafetensorsCheckpoint>(
        config_json.empty() ? Config() : Config(config_json, "config.json"));
    checkpoint->add(safetensors);
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
