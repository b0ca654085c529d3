// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "picture_tensor.hpp"

namespace hekla::host {

/// What hosts read of the config.json beside a model's weights; all else is the graph's.
class ModelConfig {
  public:
    /// `checkpoint`: the folder, or a weight file in it. No config.json: an empty config. Throws std::runtime_error for one that is not JSON.
    explicit ModelConfig(const std::filesystem::path& checkpoint);

    /// The numbers of black and white, `output_range: [-1, 1]`, or `input_range`; where the key is not there, `fallback`.
    ValueRange output_range(ValueRange fallback) const { return range("output_range", fallback); }
    ValueRange input_range(ValueRange fallback) const { return range("input_range", fallback); }
    /// `labels: ["zero", ...]` or `id2label: {"0": "zero", ...}`, by number; empty: the model has numbers only.
    std::vector<std::string> labels() const;
    const nlohmann::json& document() const { return document_; }

  private:
    ValueRange range(const char* key, ValueRange fallback) const;
    [[noreturn]] void fail(const std::string& key, const std::string& why) const;

    std::string path_;
    nlohmann::json document_;
};

}  // namespace hekla::host
