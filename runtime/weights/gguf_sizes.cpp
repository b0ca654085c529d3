// SPDX-License-Identifier: MIT
#include "weights/gguf_sizes.hpp"

#include "base/error.hpp"
#include "weights/gguf.hpp"
#include "weights/json.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include <fmt/format.h>

namespace hekla::weights {
namespace {

struct SizeKey {
    std::string_view name;
    std::string_view needed_by = "";  // 0 is a lie where a tensor's name has this
};
constexpr std::array<SizeKey, 10> size_keys = {{{"block_count", "blk."},
                                                {"context_length"},
                                                {"embedding_length", "token_embd"},
                                                {"feed_forward_length", "ffn_up"},
                                                {"attention.head_count", ".attn_q"},
                                                {"attention.head_count_kv", ".attn_k."},
                                                {"attention.key_length", ".attn_k."},
                                                {"attention.value_length", ".attn_v."},
                                                {"rope.dimension_count"},
                                                {"vocab_size", "token_embd"}}};
constexpr std::array<std::string_view, 3> positive_keys = {
    "attention.layer_norm_epsilon", "attention.layer_norm_rms_epsilon", "rope.freq_base"};

constexpr std::int64_t max_size = std::numeric_limits<std::int32_t>::max();

class SizeCheck {
  public:
    SizeCheck(const GgufMetadata& metadata, std::span<const Tensor> tensors, std::string_view file)
        : metadata_(metadata), tensors_(tensors), file_(file) {}

    void check() const {
        for (const SizeKey& key : size_keys)
            if (const auto value = find(key.name)) check_size(key, *value);
        for (const std::string_view name : positive_keys)
            if (const auto value = find(name)) check_positive(name, *value);
    }

  private:
    std::optional<ConfigValue> find(std::string_view name) const {
        const std::string key = "arch." + std::string(name);
        const std::uint64_t listed = metadata_.list_size(key).value_or(0);
        if (listed > tensors_.size())
            refuse(name,
                   fmt::format("{} values, in a file of {} tensors", listed, tensors_.size()));
        return metadata_.find(key);
    }

    [[noreturn]] void refuse(std::string_view name, const std::string& reason) const {
        const std::string key = fmt::format("{}.{}", metadata_.architecture(), name);
        throw Error(ErrorCode::invalid_file,
                    fmt::format("{}: metadata {}: {}; the file is damaged, or was made by a broken "
                                "tool: get or convert it again",
                                file_, quoted_for_message(key), reason));
    }

    void check_size(const SizeKey& key, const ConfigValue& value) const {
        if (const auto* list =
                std::get_if<std::shared_ptr<const ConfigValue::List>>(&value.value)) {
            // One a block; some blocks of mixed models have none.
            for (const ConfigValue& member : **list) whole_number(key.name, member);
            return;
        }
        const std::int64_t size = whole_number(key.name, value);
        if (key.name == "block_count" && size > static_cast<std::int64_t>(tensors_.size()))
            refuse(key.name, fmt::format("{} blocks announced, in a file of {} tensors", size,
                                         tensors_.size()));
        if (size > 0 || key.needed_by.empty()) return;
        const auto user = std::find_if(tensors_.begin(), tensors_.end(), [&](const Tensor& tensor) {
            return tensor.name.find(key.needed_by) != std::string::npos;
        });
        if (user != tensors_.end())
            refuse(key.name,
                   fmt::format("is 0, but there is the tensor {}", quoted_for_message(user->name)));
    }

    std::int64_t whole_number(std::string_view name, const ConfigValue& value) const {
        const auto* number = std::get_if<std::int64_t>(&value.value);
        if (number == nullptr) refuse(name, "must be a whole number");
        if (*number < 0 || *number > max_size)
            refuse(name, fmt::format("{} is no size of a model", *number));
        return *number;
    }

    void check_positive(std::string_view name, const ConfigValue& value) const {
        double number = 0;
        if (const auto* whole = std::get_if<std::int64_t>(&value.value))
            number = static_cast<double>(*whole);
        else if (const auto* real = std::get_if<double>(&value.value))
            number = *real;
        else
            refuse(name, "must be a number");
        if (!std::isfinite(number) || number <= 0)
            refuse(name, fmt::format("{} is no positive number", number));
    }

    const GgufMetadata& metadata_;
    std::span<const Tensor> tensors_;
    std::string_view file_;
};

}  // namespace

void check_gguf_sizes(const GgufMetadata& metadata, std::span<const Tensor> tensors,
                      std::string_view file) {
    SizeCheck(metadata, tensors, file).check();
}

}  // namespace hekla::weights
