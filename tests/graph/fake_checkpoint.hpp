// SPDX-License-Identifier: MIT
#pragma once

#include "files.hpp"
#include "graph/check.hpp"
#include "graph/parse.hpp"
#include "ops/entry.hpp"
#include "weights/checkpoint.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace hekla::test {

/// Tensor names and shapes without bytes, and settings: all that the checker looks at.
class FakeCheckpoint final : public weights::Checkpoint {
public:
    std::map<std::string, weights::ConfigValue> settings;
    std::string architecture_name;
    std::string format_name = "safetensors";

    void add(std::string name, std::vector<std::int64_t> shape, DType dtype = DType::f32) {
        weights::Tensor tensor;
        tensor.name = std::move(name);
        tensor.shape = std::move(shape);
        tensor.dtype = dtype;
        tensors_.push_back(std::move(tensor));
        std::sort(tensors_.begin(), tensors_.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    }
    void remove(const std::string& name) {
        std::erase_if(tensors_, [&](const weights::Tensor& tensor) { return tensor.name == name; });
    }
    void set(const std::string& key, auto value) { settings[key].value = value; }

    std::string_view format() const override { return format_name; }
    std::string_view architecture() const override { return architecture_name; }
    std::optional<weights::ConfigValue> config(std::string_view key) const override {
        const auto found = settings.find(std::string(key));
        if (found == settings.end()) return std::nullopt;
        return found->second;
    }
    std::vector<std::string> config_keys() const override {
        std::vector<std::string> keys;
        for (const auto& setting : settings) keys.push_back(setting.first);
        return keys;
    }
    std::span<const weights::Tensor> tensors() const override { return tensors_; }
    std::span<const std::byte> bytes(const weights::Tensor&) const override { return {}; }
    std::span<const std::filesystem::path> files() const override { return {}; }

private:
    std::vector<weights::Tensor> tensors_;
};

/// The entries beside the shaders, as they stand in the repository.
inline const ops::Catalogue& catalogue() {
    static const ops::Catalogue all = [] {
        ops::Catalogue made;
        for (const auto& item : std::filesystem::directory_iterator(HEKLA_SOURCE_DIR "/shaders"))
            if (item.path().extension() == ".yaml") made.add(item.path().stem().string(), read_text(item.path()));
        return made;
    }();
    return all;
}

struct Checked {
    std::optional<graph::FileModel> file;
    std::optional<graph::Graph> graph;
    Diagnostics diagnostics;
    std::string text() const { return diagnostics.text(); }
    /// The first complaint as text, or "".
    std::string first() const { return diagnostics.empty() ? std::string() : render_text(diagnostics.collapsed().front()); }
};

inline Checked check(const SourcePtr& source, const graph::CheckOptions& options = {}) {
    Checked result;
    result.file = graph::parse_graph_file(source, result.diagnostics);
    if (result.file) result.graph = graph::check(*result.file, catalogue(), options, result.diagnostics);
    return result;
}

inline Checked check(const std::string& text, const graph::CheckOptions& options = {}) { return check(text_source(text), options); }

/// GPT-2 small as it was first published: no prefix, with the mask buffers.
inline FakeCheckpoint gpt2_small() {
    FakeCheckpoint checkpoint;
    checkpoint.add("wte.weight", {50257, 768});
    checkpoint.add("wpe.weight", {1024, 768});
    for (int i = 0; i < 12; ++i) {
        const std::string h = "h." + std::to_string(i) + ".";
        for (const std::string norm : {"ln_1", "ln_2"}) {
            checkpoint.add(h + norm + ".weight", {768});
            checkpoint.add(h + norm + ".bias", {768});
        }
        const auto linear = [&](const std::string& name, std::int64_t in, std::int64_t out) {
            checkpoint.add(h + name + ".weight", {in, out});
            checkpoint.add(h + name + ".bias", {out});
        };
        linear("attn.c_attn", 768, 2304);
        linear("attn.c_proj", 768, 768);
        linear("mlp.c_fc", 768, 3072);
        linear("mlp.c_proj", 3072, 768);
        checkpoint.add(h + "attn.bias", {1, 1, 1024, 1024});
    }
    checkpoint.add("ln_f.weight", {768});
    checkpoint.add("ln_f.bias", {768});
    return checkpoint;
}

/// A checkpoint of exactly the weights that a graph reads, in the graph's own names.
inline FakeCheckpoint checkpoint_of(const graph::Graph& graph) {
    FakeCheckpoint checkpoint;
    for (const graph::Weight& weight : graph.weights) checkpoint.add(weight.path, weight.shape);
    return checkpoint;
}

}  // namespace hekla::test
