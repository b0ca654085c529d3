// SPDX-License-Identifier: MIT
#pragma once

#include "weights/checkpoint.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hekla::weights {

/// A config.json: one object, held flat in document order. Immutable.
class Config {
  public:
    Config() = default;  ///< of a checkpoint without one: every key is absent
    /// Throws Error(invalid_file) for what is no JSON object, and for a key given twice in one object. `file` is for messages.
    Config(std::string_view json, std::string_view file);

    /// See Checkpoint::config(). A key that has dots of its own is found too, before nested objects are entered.
    std::optional<ConfigValue> find(std::string_view key) const;
    /// `model_type`, else `_class_name`, else empty.
    std::string_view architecture() const { return architecture_; }
    std::vector<std::string> keys() const;

  private:
    friend class ConfigBuilder;

    struct Text {
        std::uint32_t offset = 0;  // into texts_
        std::uint32_t size = 0;
    };
    struct Object {};
    struct List {};
    struct Node {
        Text key;               // of an object's member
        std::uint32_t end = 0;  // the node after this one and all it contains
        std::variant<std::monostate, bool, std::int64_t, double, Text, Object, List> value;
    };

    std::string_view view(Text text) const {
        return std::string_view(texts_).substr(text.offset, text.size);
    }
    const Node* find_node(std::uint32_t object, std::string_view key) const;
    ConfigValue value_of(std::uint32_t node) const;
    void append_keys(std::uint32_t object, const std::string& prefix,
                     std::vector<std::string>& keys) const;

    std::vector<Node> nodes_;  // the root object first
    std::string texts_;
    std::string architecture_;
};

}  // namespace hekla::weights
