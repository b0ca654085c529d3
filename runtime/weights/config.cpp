// SPDX-License-Identifier: MIT
#include "weights/config.hpp"

#include "base/error.hpp"
#include "weights/json.hpp"

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

namespace hekla::weights {

namespace {

/// First pass: how much there is to hold, so that the second allocates just that.
class ConfigSizes final : public JsonHandler {
  public:
    void begin_object() override { ++values; }
    void key(std::string_view name) override { text_bytes += name.size(); }
    void end_object() override {}
    void begin_list() override { ++values; }
    void end_list() override {}
    void scalar(const JsonScalar& value) override {
        ++values;
        if (const auto* text = std::get_if<std::string_view>(&value)) text_bytes += text->size();
    }

    std::size_t values = 0;
    std::size_t text_bytes = 0;
};

}  // namespace

class ConfigBuilder final : public JsonHandler {
  public:
    explicit ConfigBuilder(Config& config) : config_(config) {}

    void begin_object() override { open(Config::Object{}); }
    void key(std::string_view name) override { key_ = store(name); }
    void end_object() override {
        refuse_doubled_keys(open_.back());
        close();
    }
    void begin_list() override { open(Config::List{}); }
    void end_list() override { close(); }
    void scalar(const JsonScalar& value) override {
        if (open_.empty()) throw JsonRefusal{"a configuration is an object: {...}"};
        Config::Node& node = add();
        std::visit(
            [&](const auto& held) {
                if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::string_view>)
                    node.value = store(held);
                else
                    node.value = held;
            },
            value);
    }

  private:
    Config::Node& add() {
        Config::Node& node = config_.nodes_.emplace_back();
        node.key = std::exchange(key_, {});
        node.end = static_cast<std::uint32_t>(config_.nodes_.size());
        return node;
    }
    template <typename Kind>
    void open(Kind kind) {
        if (open_.empty() && std::is_same_v<Kind, Config::List>)
            throw JsonRefusal{"a configuration is an object: {...}"};
        add().value = kind;
        open_.push_back(static_cast<std::uint32_t>(config_.nodes_.size() - 1));
    }
    void close() {
        config_.nodes_[open_.back()].end = static_cast<std::uint32_t>(config_.nodes_.size());
        open_.pop_back();
    }
    Config::Text store(std::string_view text) {
        const Config::Text stored = {static_cast<std::uint32_t>(config_.texts_.size()),
                                     static_cast<std::uint32_t>(text.size())};
        config_.texts_ += text;
        return stored;
    }
    void refuse_doubled_keys(std::uint32_t object) const {
        std::vector<Config::Text> keys;
        for (std::uint32_t i = object + 1; i < config_.nodes_.size(); i = config_.nodes_[i].end)
            keys.push_back(config_.nodes_[i].key);
        const auto less = [&](Config::Text a, Config::Text b) {
            return config_.view(a) < config_.view(b);
        };
        const auto same = [&](Config::Text a, Config::Text b) {
            return config_.view(a) == config_.view(b);
        };
        std::sort(keys.begin(), keys.end(), less);
        if (const auto twice = std::adjacent_find(keys.begin(), keys.end(), same);
            twice != keys.end())
            throw JsonRefusal{
                fmt::format("the key {} is given twice", quoted_for_message(config_.view(*twice)))};
    }

    Config& config_;
    std::vector<std::uint32_t> open_;  // objects and lists being read
    Config::Text key_;
};

Config::Config(std::string_view json, std::string_view file) {
    if (json.size() > std::numeric_limits<std::uint32_t>::max())
        throw Error(ErrorCode::limit, fmt::format("{}: longer than 4 GiB", file));
    ConfigSizes sizes;
    read_json(json, file, 0, sizes);
    nodes_.reserve(sizes.values);
    texts_.reserve(sizes.text_bytes);
    ConfigBuilder builder(*this);
    read_json(json, file, 0, builder);

    for (const std::string_view key : {"model_type", "_class_name"}) {
        const Node* const node = find_node(0, key);
        if (node == nullptr || !std::holds_alternative<Text>(node->value)) continue;
        architecture_ = view(std::get<Text>(node->value));
        break;
    }
}

const Config::Node* Config::find_node(std::uint32_t object, std::string_view key) const {
    if (nodes_.empty()) return nullptr;
    const std::uint32_t end = nodes_[object].end;
    for (std::uint32_t i = object + 1; i < end; i = nodes_[i].end)
        if (view(nodes_[i].key) == key) return &nodes_[i];
    for (std::uint32_t i = object + 1; i < end; i = nodes_[i].end) {
        const std::string_view own = view(nodes_[i].key);
        if (!std::holds_alternative<Object>(nodes_[i].value) || !key.starts_with(own)) continue;
        if (key.size() <= own.size() || key[own.size()] != '.') continue;
        if (const Node* const inner = find_node(i, key.substr(own.size() + 1))) return inner;
    }
    return nullptr;
}

ConfigValue Config::value_of(std::uint32_t index) const {
    ConfigValue value;
    const Node& node = nodes_[index];
    if (const auto* boolean = std::get_if<bool>(&node.value)) value.value = *boolean;
    if (const auto* integer = std::get_if<std::int64_t>(&node.value)) value.value = *integer;
    if (const auto* real = std::get_if<double>(&node.value)) value.value = *real;
    if (const auto* text = std::get_if<Text>(&node.value)) value.value = std::string(view(*text));
    if (std::holds_alternative<List>(node.value)) {
        auto list = std::make_shared<ConfigValue::List>();
        for (std::uint32_t i = index + 1; i < node.end; i = nodes_[i].end)
            list->push_back(value_of(i));
        value.value = std::shared_ptr<const ConfigValue::List>(std::move(list));
    }
    return value;
}

std::optional<ConfigValue> Config::find(std::string_view key) const {
    const Node* const node = find_node(0, key);
    if (node == nullptr || std::holds_alternative<std::monostate>(node->value) ||
        std::holds_alternative<Object>(node->value))
        return std::nullopt;
    return value_of(static_cast<std::uint32_t>(node - nodes_.data()));
}

std::vector<std::string> Config::keys() const {
    std::vector<std::string> keys;
    if (!nodes_.empty()) append_keys(0, "", keys);
    return keys;
}

void Config::append_keys(std::uint32_t object, const std::string& prefix,
                         std::vector<std::string>& keys) const {
    for (std::uint32_t i = object + 1; i < nodes_[object].end; i = nodes_[i].end) {
        const std::string key = prefix + std::string(view(nodes_[i].key));
        if (std::holds_alternative<Object>(nodes_[i].value))
            append_keys(i, key + ".", keys);
        else if (!std::holds_alternative<std::monostate>(nodes_[i].value))
            keys.push_back(key);
    }
}

}  // namespace hekla::weights
