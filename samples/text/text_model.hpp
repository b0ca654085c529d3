// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <hekla/hekla.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hekla::text {

struct TextModelOptions {
    std::string model;   ///< checkpoint folder or file
    std::string graph;   ///< graph file; empty: found by the checkpoint
    std::string device;  ///< as `hekla devices` prints it; empty: the best
    bool baseline = false;
    std::int64_t capacity = 0;  ///< tokens a context holds; 0: as many as the model knows
    bool progress = false;      ///< a line on stderr while weights are loaded
};

/// A language model on a device: any graph with an input `ids` [B, T] and an output `last` [B, 1, vocab] (or `logits` [B, T, vocab]),
/// with or without a carried dim for what was read before. Throws hekla::Failure.
class TextModel {
  public:
    explicit TextModel(const TextModelOptions& options);

    /// Reads ids after those read before; the logits of the next token, [vocab], valid until the next call. Empty: it was cancelled.
    /// Ids outside the vocabulary and texts longer than the capacity are refused, and nothing is read then.
    std::span<const float> read(std::span<const std::int32_t> ids);
    /// Forgets what was read.
    void reset();
    /// Stops a read in progress, from any thread or signal handler.
    void cancel();

    std::int64_t vocabulary() const { return vocabulary_; }
    std::int64_t capacity() const { return capacity_; }
    std::int64_t position() const { return static_cast<std::int64_t>(history_.size()); }
    std::string device_text() const;

  private:
    bool run(std::span<const std::int32_t> ids);

    Runtime runtime_;
    Device device_;
    Model model_;
    std::optional<Context> context_;
    std::string carried_;  // name of the carried dim; empty: every read runs the whole text again
    std::string output_;   // "last" or "logits"
    std::int64_t vocabulary_ = 0, capacity_ = 0;
    std::vector<std::int32_t> history_;
    Tensor logits_;
    std::atomic<bool> cancelled_{false};
};

}  // namespace hekla::text
