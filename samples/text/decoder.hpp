// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizer_spec.hpp"

namespace hekla::text {

/// Turns tokens back into text, one after the other. What has come out is whole UTF-8 characters;
/// what may still change with the next token is held back. One stream of tokens per object.
class Decoder {
  public:
    /// When the text of bytes comes out that were tokens of their own (byte fallback).
    enum class Bytes {
        /// at the end of the run: one wrong byte makes every byte of its run U+FFFD
        whole_runs,
        /// as soon as a character is whole: wrong bytes make U+FFFD, the rest of their run stays
        at_once,
    };

    /// `steps` absent: tokens with a space between. Throws ComponentError for an expression that
    /// does not compile.
    Decoder(const std::optional<std::vector<DecoderStep>>& steps, Bytes bytes);
    ~Decoder();
    Decoder(Decoder&&) noexcept;
    Decoder& operator=(Decoder&&) noexcept;

    void push(std::string_view token);
    /// No token comes any more: what was held back comes out.
    void finish();
    /// What has come out since the last call.
    std::string take() { return std::exchange(*out_, {}); }

    class Stage;

  private:
    std::unique_ptr<std::string> out_;
    std::vector<std::unique_ptr<Stage>>
        stages_;  // the first takes the tokens, the last writes to out_
};

}  // namespace hekla::text
