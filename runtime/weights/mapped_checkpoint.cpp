// SPDX-License-Identifier: MIT
#include "weights/mapped_checkpoint.hpp"

#include "base/checked.hpp"
#include "base/error.hpp"
#include "weights/gguf.hpp"
#include "weights/json.hpp"
#include "weights/safetensors.hpp"
#include "weights/shard_index.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace hekla::weights {

std::span<const std::byte> MappedCheckpoint::hold(MappedFile file) {
    files_.push_back(file.path());
    images_.push_back(file.bytes());
    maps_.push_back(std::move(file));
    return images_.back();
}

std::span<const std::byte> MappedCheckpoint::borrow(std::span<const std::byte> image) {
    files_.emplace_back("memory");
    images_.push_back(image);
    return image;
}

std::span<const std::byte> MappedCheckpoint::bytes(const Tensor& tensor) const {
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

void MappedCheckpoint::release(const Tensor& tensor) const {
    if (tensor.file >= maps_.size()) return;
    const std::span<const std::byte> image = images_[tensor.file];
    if (!range_within(tensor.offset_bytes, tensor.size_bytes, image.size())) return;
    maps_[tensor.file].release(image.subspan(static_cast<std::size_t>(tensor.offset_bytes),
                                             static_cast<std::size_t>(tensor.size_bytes)));
}

void SafetensorsCheckpoint::add(MappedFile file) { read_last(hold(std::move(file))); }
void SafetensorsCheckpoint::add(std::span<const std::byte> image) { read_last(borrow(image)); }

void SafetensorsCheckpoint::read_last(std::span<const std::byte> image) {
    std::vector<Tensor> found = read_safetensors(image, last_name(), last_index());
    if (tensors_.size() + found.size() > max_tensors)
        throw Error(ErrorCode::limit, fmt::format("{}: more than {} tensors in all shards",
                                                  last_name(), max_tensors));
    if (tensors_.empty())
        tensors_ = std::move(found);
    else
        tensors_.insert(tensors_.end(), std::make_move_iterator(found.begin()),
                        std::make_move_iterator(found.end()));
}

void SafetensorsCheckpoint::merge() {
    if (files().size() <= 1) return;  // sorted and unique already
    std::sort(tensors_.begin(), tensors_.end(),
              [](const Tensor& a, const Tensor& b) { return a.name < b.name; });
    const auto twice =
        std::adjacent_find(tensors_.begin(), tensors_.end(),
                           [](const Tensor& a, const Tensor& b) { return a.name == b.name; });
    if (twice != tensors_.end()) {
        throw Error(
            ErrorCode::invalid_file,
            fmt::format("{}: tensor {}: is in {} too", files()[twice[1].file].string(),
                        quoted_for_message(twice->name), files()[twice->file].filename().string()));
    }
}

namespace {

class GgufCheckpoint final : public MappedCheckpoint {
  public:
    GgufCheckpoint(MappedFile file, Config config) : config_(std::move(config)) {
        read(hold(std::move(file)));
    }
    GgufCheckpoint(std::span<const std::byte> image, Config config) : config_(std::move(config)) {
        read(borrow(image));
    }

    std::string_view format() const override {
        return safetensors_layout_ ? "safetensors" : "gguf";
    }
    std::string_view architecture() const override { return metadata_.architecture(); }
    std::optional<ConfigValue> config(std::string_view key) const override {
        std::optional<ConfigValue> value = config_.find(key);
        return value ? std::move(value) : metadata_.find(key);
    }
    std::vector<std::string> config_keys() const override {
        std::vector<std::string> keys = config_.keys();
        for (std::string& key : metadata_.keys()) keys.push_back(std::move(key));
        return keys;
    }

  private:
    void read(std::span<const std::byte> image) {
        GgufContents contents = read_gguf(image, last_name());
        metadata_ = std::move(contents.metadata);
        tensors_ = std::move(contents.tensors);
        const auto layout = metadata_.find(safetensors_layout_key);
        safetensors_layout_ = layout && layout->value == decltype(layout->value)(true);
    }

    Config config_;
    GgufMetadata metadata_;
    bool safetensors_layout_ = false;
};

}  // namespace

std::unique_ptr<Checkpoint> open_gguf(MappedFile file, Config config) {
    return std::make_unique<GgufCheckpoint>(std::move(file), std::move(config));
}

std::unique_ptr<Checkpoint> open_gguf(std::span<const std::byte> image, Config config) {
    return std::make_unique<GgufCheckpoint>(image, std::move(config));
}

}  // namespace hekla::weights
