// SPDX-License-Identifier: MIT
#pragma once

#include "base/dtype.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Weight files: names, shapes, types and byte ranges. Nothing here knows graphs or devices.
namespace hekla::weights {

/// One stored tensor. Shapes are logical (GGUF's reversed dims stay in the reader).
struct Tensor {
    std::string name;
    DType dtype = DType::f32;
    std::vector<std::int64_t> shape;
    std::uint32_t file = 0;             ///< which of the checkpoint's files
    std::uint64_t offset_bytes = 0;     ///< within that file
    std::uint64_t size_bytes = 0;
};

/// A value of the checkpoint's configuration (config.json, or GGUF's metadata).
struct ConfigValue {
    using List = std::vector<ConfigValue>;
    std::variant<std::monostate /*null*/, bool, std::int64_t, double, std::string, std::shared_ptr<const List>> value;
};

/// An opened checkpoint: the tensors of one or more memory-mapped files, and the configuration beside them.
/// Immutable after opening; any number of threads may read it. Opening checks every header field (see reliability classes S1 to S18)
/// before anything is allocated by its word, and throws hekla::Error naming file, tensor and reason.
class Checkpoint {
public:
    virtual ~Checkpoint() = default;

    /// A Hugging Face style folder (config.json and model.safetensors, model.safetensors.index.json with shards, or the only
    /// *.safetensors of the folder, e.g. diffusion_pytorch_model.safetensors), or one weight file or shard index, with the config.json
    /// beside it. `config` replaces the folder's own config.json. GGUF files (model.gguf, or the only *.gguf) carry their configuration:
    /// only a `config` given goes before it. Their tensors may be quantised (q4_0, q4_1, q5_0, q5_1, q8_0, q4_k, q5_k, q6_k); other types are refused (unsupported).
    /// Nothing outside the folder is opened, whatever its files and links say; in a Hugging Face cache the links from snapshots to blobs
    /// hold. Shards may not have hard links.
    static std::unique_ptr<Checkpoint> open(const std::filesystem::path& folder_or_file,
                                            const std::optional<std::filesystem::path>& config = {});
    /// A configuration without weights (for checking a graph file against config.json alone).
    static std::unique_ptr<Checkpoint> open_config(const std::filesystem::path& config);
    /// A safetensors or GGUF image in memory, which must outlive the checkpoint, with an optional config.json text.
    static std::unique_ptr<Checkpoint> from_memory(std::span<const std::byte> image, std::string_view config_json);

    /// "safetensors" or "gguf": how tensors are called and laid out. (A GGUF file made of a safetensors checkpoint by quantise_checkpoint()
    /// keeps the latter's names and layouts, and says so.)
    virtual std::string_view format() const = 0;
    /// config.json's `model_type`, else `_class_name`; GGUF's `general.architecture`; empty if there is none.
    virtual std::string_view architecture() const = 0;
    /// The configuration value under a key of the graph language: dots enter nested objects of config.json; GGUF keys are whole, and
    /// `arch.x` stands for `<architecture>.x`. Nothing when absent or null.
    /// Nothing for an object; objects within lists come as null.
    virtual std::optional<ConfigValue> config(std::string_view key) const = 0;
    /// All keys that config() answers, for messages, in the file's order.
    virtual std::vector<std::string> config_keys() const = 0;
    /// Sorted by name.
    virtual std::span<const Tensor> tensors() const = 0;
    /// The tensor's bytes in the mapped file, little-endian, row-major. They may start at any address, so copy elements out with memcpy
    /// (convert.hpp does). Lives as long as the checkpoint.
    /// Throws Error(invalid_file) when the file has been cut since it was opened. A file cut later still, while the bytes are being read,
    /// raises SIGBUS: no reader of mapped files can rule that out.
    virtual std::span<const std::byte> bytes(const Tensor&) const = 0;
    /// The tensor's bytes will not be read soon: the system may drop its clean pages from memory. Any thread, any time.
    virtual void release(const Tensor&) const {}
    /// Files, for messages.
    virtual std::span<const std::filesystem::path> files() const = 0;

    /// Position of the tensor called `name` in tensors(), or nothing. Binary search.
    std::optional<std::uint32_t> find(std::string_view name) const;
};

}  // namespace hekla::weights
