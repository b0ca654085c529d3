// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

/// Reading JSON that strangers wrote, as events: nothing is built by its word, and nothing recurses.
namespace hekla::weights {

/// null, true/false, whole numbers, other numbers (whole ones beyond int64 too), text (UTF-8, escapes resolved).
using JsonScalar = std::variant<std::monostate, bool, std::int64_t, double, std::string_view>;

/// Receives a document in order. A handler refuses it by throwing JsonRefusal.
class JsonHandler {
  public:
    virtual void begin_object() = 0;
    virtual void key(std::string_view name) = 0;  ///< borrowed for the call
    virtual void end_object() = 0;
    virtual void begin_list() = 0;
    virtual void end_list() = 0;
    virtual void scalar(const JsonScalar& value) = 0;  ///< text is borrowed for the call

  protected:
    ~JsonHandler() = default;
};

/// What a handler does not accept. `text` says what, without the file or the position.
struct JsonRefusal {
    std::string text;
};

constexpr std::size_t max_json_depth = 64;

/// Reads one JSON value and nothing after it but white space. Throws Error(invalid_file), "FILE: byte N: why" with N counted from
/// `base_offset`, for what is no JSON, for bad UTF-8, for nesting beyond max_json_depth, and for what the handler refuses.
void read_json(std::string_view text, std::string_view file, std::uint64_t base_offset,
               JsonHandler& handler);

/// `text` as a JSON string with its quotes. Error(invalid_argument) when it is not UTF-8.
std::string json_quoted(std::string_view text);

/// A name from a file as messages show it: in single quotes, control characters and bad UTF-8 as \xNN, cut when long.
std::string quoted_for_message(std::string_view name);

}  // namespace hekla::weights
