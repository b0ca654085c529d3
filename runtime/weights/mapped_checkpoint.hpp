// SPDX-License-Identifier: MIT
#pragma once

#include "base/file.hpp"
#include "weights/checkpoint.hpp"
#include "weights/config.hpp"

#include <vector>

namespace hekla::weights {

/// What checkpoints of every format share: images of files, mapped or lent by the caller, and the tensors in them.
class MappedCheckpoint : public Checkpoint {
  public:
    std::span<const Tensor> tensors() const override { return tensors_; }
    std::span<const std::filesystem::path> files() const override { return files_; }
    std::span<const std::byte> bytes(const Tensor& tensor) const override;
    void release(const Tensor& tensor) const override;

  protected:
    /// Both return the image that is now the last one. A checkpoint is of mapped files or of one lent image.
    std::span<const std::byte> hold(MappedFile file);
    std::span<const std::byte> borrow(std::span<const std::byte> image);
    std::string last_name() const { return files_.back().string(); }
    std::uint32_t last_index() const { return static_cast<std::uint32_t>(files_.size() - 1); }

    std::vector<Tensor> tensors_;  // sorted by name

  private:
    std::vector<MappedFile> maps_;  // one per file, or none for memory
    std::vector<std::span<const std::byte>> images_;
    std::vector<std::filesystem::path> files_;
};

/// One safetensors file, several shards, or none for a configuration alone.
class SafetensorsCheckpoint final : public MappedCheckpoint {
  public:
    explicit SafetensorsCheckpoint(Config config) : config_(std::move(config)) {}

    void add(MappedFile file);
    void add(std::span<const std::byte> image);  ///< borrowed
    /// Sorts what several files brought. Call after the last add().
    void merge();

    std::string_view format() const override { return "safetensors"; }
    std::string_view architecture() const override { return config_.architecture(); }
    std::optional<ConfigValue> config(std::string_view key) const override {
        return config_.find(key);
    }
    std::vector<std::string> config_keys() const override { return config_.keys(); }

  private:
    void read_last(std::span<const std::byte> image);

    Config config_;
};

/// A GGUF file. A configuration given beside it goes before the file's own metadata.
std::unique_ptr<Checkpoint> open_gguf(MappedFile file, Config config);
std::unique_ptr<Checkpoint> open_gguf(std::span<const std::byte> image, Config config);

}  // namespace hekla::weights
