// SPDX-License-Identifier: MIT
#include "text_model.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace hekla::text {
namespace {

/// Prompts are read in pieces of this many tokens: a piece bounds the memory of activations, and a cancellation waits for one at most.
constexpr std::size_t piece = 256;

[[noreturn]] void fail(hekla_result result, const std::string& text) {
    hekla_error error{};
    error.result = result;
    std::snprintf(error.text, sizeof error.text, "%s", text.c_str());
    throw Failure(error);
}

hekla_runtime_desc runtime_desc() {
    hekla_runtime_desc desc{};
    desc.log = [](void*, hekla_severity severity, const char* text) {
        if (severity >= HEKLA_WARNING) std::fprintf(stderr, "hekla-text: %s\n", text);
    };
    return desc;
}

hekla_model_desc model_desc(const TextModelOptions& options) {
    hekla_model_desc desc{};
    desc.checkpoint = options.model.c_str();
    desc.graph_path = options.graph.empty() ? nullptr : options.graph.c_str();
    if (options.progress)
        desc.progress = [](void*, const char* what, std::uint64_t done, std::uint64_t total) {
            std::fprintf(stderr, "\r%s %3d %%%s", what,
                         total ? static_cast<int>(done * 100 / total) : 100,
                         done >= total ? "\r\033[K" : "");
            return 1;
        };
    return desc;
}

}  // namespace

TextModel::TextModel(const TextModelOptions& options)
    : runtime_(runtime_desc()),
      device_(runtime_, options.device, options.baseline),
      model_(device_, model_desc(options)) {
    for (const auto& port : model_.outputs())
        if (std::string(port.name) == "last" ||
            (output_.empty() && std::string(port.name) == "logits")) {
            output_ = port.name;
            const std::string shape = port.shape;
            vocabulary_ = std::atoll(shape.substr(shape.rfind(' ') + 1).c_str());
        }
    const auto inputs = model_.inputs();
    if (output_.empty() || vocabulary_ < 1 || inputs.size() != 1 ||
        std::string(inputs[0].name) != "ids")
        fail(HEKLA_UNSUPPORTED, "the graph `" + model_.name() +
                                    "` is no language model: it needs the input `ids` and the "
                                    "output `last` or `logits`");
    std::int64_t limit = 0;
    for (const auto& dim : model_.dims())
        if (dim.carried) {
            carried_ = dim.name;
            limit = dim.max;
        }
    capacity_ =
        options.capacity > 0 && (limit == 0 || options.capacity < limit) ? options.capacity : limit;
    if (capacity_ == 0) capacity_ = 2048;
    const hekla_dim_value capacity{carried_.c_str(), capacity_};
    context_.emplace(
        model_, carried_.empty() ? std::span<const hekla_dim_value>() : std::span(&capacity, 1));
}

std::span<const float> TextModel::read(std::span<const std::int32_t> ids) {
    if (ids.empty())
        fail(HEKLA_INVALID_ARGUMENT, "there is nothing to read: the prompt has no tokens");
    for (const std::int32_t id : ids)
        if (id < 0 || id >= vocabulary_)
            fail(HEKLA_INVALID_ARGUMENT, "token id " + std::to_string(id) +
                                             " is not in the model's vocabulary of " +
                                             std::to_string(vocabulary_));
    if (position() + static_cast<std::int64_t>(ids.size()) > capacity_)
        fail(HEKLA_LIMIT, "the text has " +
                              std::to_string(position() + static_cast<std::int64_t>(ids.size())) +
                              " tokens; the context holds " + std::to_string(capacity_));
    if (carried_.empty()) {
        history_.insert(history_.end(), ids.begin(), ids.end());
        if (!run(history_)) return {};
    } else {
        for (std::size_t at = 0; at < ids.size(); at += piece) {
            const auto part = ids.subspan(at, std::min(piece, ids.size() - at));
            if (!run(part)) return {};
            history_.insert(history_.end(), part.begin(), part.end());
        }
    }
    context_->read(output_.c_str(), logits_);
    return logits_.as<float>().last(static_cast<std::size_t>(vocabulary_));
}

bool TextModel::run(std::span<const std::int32_t> ids) {
    if (cancelled_.exchange(false)) return false;
    context_->set_input("ids", ids, {1, static_cast<std::int64_t>(ids.size())});
    const char* outputs[] = {output_.c_str()};
    return context_->run(outputs);
}

void TextModel::reset() {
    context_->reset();
    history_.clear();
    cancelled_ = false;
}

void TextModel::cancel() {
    cancelled_ = true;
    if (context_) context_->cancel();
}

std::string TextModel::device_text() const {
    const hekla_device_info info = device_.info();
    return std::string(info.id) + " (" + info.name + ")";
}

}  // namespace hekla::text
