// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>

namespace hekla::text {

/// A tokenizer file that cannot be used, or a text that the tokenizer of that file cannot take.
/// what() is "<file>: <reason>"; the reason names the place in the file (`model.merges[3]`) where
/// there is one.
class TokenizerError : public std::runtime_error {
  public:
    TokenizerError(const std::string& file, const std::string& reason)
        : std::runtime_error(file + ": " + reason), file_(file), reason_(reason) {}

    const std::string& file() const { return file_; }
    const std::string& reason() const { return reason_; }

  private:
    std::string file_;
    std::string reason_;
};

/// The same complaint inside a component, which does not know its file; Tokenizer turns it into a
/// TokenizerError.
class ComponentError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

}  // namespace hekla::text
