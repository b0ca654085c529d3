// SPDX-License-Identifier: MIT
#include "weights/json.hpp"

#include "base/error.hpp"

#include <iterator>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace hekla::weights {

namespace {

/// Passes nlohmann's events on, holding the depth. Its parser keeps its own stack, one bit per level.
class Events final : public nlohmann::json_sax<nlohmann::json> {
  public:
    Events(std::string_view file, std::uint64_t base_offset, JsonHandler& handler)
        : file_(file), base_offset_(base_offset), handler_(handler) {}

    bool null() override { return pass({}); }
    bool boolean(bool value) override { return pass(value); }
    bool number_integer(number_integer_t value) override { return pass(value); }
    bool number_unsigned(number_unsigned_t value) override {
        if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
            return pass(static_cast<double>(value));
        return pass(static_cast<std::int64_t>(value));
    }
    bool number_float(number_float_t value, const string_t&) override { return pass(value); }
    bool string(string_t& value) override { return pass(std::string_view(value)); }
    bool binary(binary_t&) override { return false; }  // not in JSON text
    bool start_object(std::size_t) override {
        enter();
        handler_.begin_object();
        return true;
    }
    bool key(string_t& value) override {
        handler_.key(value);
        return true;
    }
    bool end_object() override {
        --depth_;
        handler_.end_object();
        return true;
    }
    bool start_array(std::size_t) override {
        enter();
        handler_.begin_list();
        return true;
    }
    bool end_array() override {
        --depth_;
        handler_.end_list();
        return true;
    }
    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::detail::exception& error) override {
        // "[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while ..."
        std::string_view reason = error.what();
        if (const std::size_t end = reason.find("] "); end != reason.npos)
            reason.remove_prefix(end + 2);
        if (reason.starts_with("parse error at ")) {
            if (const std::size_t end = reason.find(": "); end != reason.npos)
                reason.remove_prefix(end + 2);
        }
        std::string shown(reason.substr(0, 300));
        for (char& c : shown)
            if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f)
                c = '?';
        throw Error(ErrorCode::invalid_file,
                    fmt::format("{}: byte {}: not JSON: {}", file_,
                                base_offset_ + (position > 0 ? position - 1 : 0), shown));
    }

  private:
    bool pass(const JsonScalar& value) {
        handler_.scalar(value);
        return true;
    }
    void enter() {
        if (++depth_ > max_json_depth)
            throw JsonRefusal{fmt::format("nested deeper than {} levels", max_json_depth)};
    }

    std::string_view file_;
    std::uint64_t base_offset_;
    JsonHandler& handler_;
    std::size_t depth_ = 0;
};

/// An iterator over the text that tells how far the parser has come.
class Cursor {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    Cursor(const char* at, const char** reached) : at_(at), reached_(reached) {}
    reference operator*() const { return *at_; }
    Cursor& operator++() {
        ++at_;
        *reached_ = at_;
        return *this;
    }
    Cursor operator++(int) {
        Cursor before = *this;
        ++*this;
        return before;
    }
    friend bool operator==(const Cursor& a, const Cursor& b) { return a.at_ == b.at_; }

  private:
    const char* at_;
    const char** reached_;
};

}  // namespace

void read_json(std::string_view text, std::string_view file, std::uint64_t base_offset,
               JsonHandler& handler) {
    // nlohmann's parser takes NUL for the end, and would not look at what follows.
    if (const std::size_t nul = text.find('\0'); nul != text.npos)
        throw Error(ErrorCode::invalid_file,
                    fmt::format("{}: byte {}: not JSON: a NUL byte", file, base_offset + nul));
    Events events(file, base_offset, handler);
    const char* reached = text.data();
    const char* ignored = nullptr;
    try {
        // What it returns repeats what parse_error() threw.
        (void)nlohmann::json::sax_parse(Cursor(text.data(), &reached),
                                        Cursor(text.data() + text.size(), &ignored), &events);
    } catch (const JsonRefusal& refusal) {
        throw Error(ErrorCode::invalid_file,
                    fmt::format("{}: byte {}: {}", file,
                                base_offset + static_cast<std::uint64_t>(reached - text.data()),
                                refusal.text));
    }
}

std::string json_quoted(std::string_view text) {
    try {
        return nlohmann::json(text).dump();
    } catch (const nlohmann::json::type_error&) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("the name {} is not UTF-8", quoted_for_message(text)));
    }
}

std::string quoted_for_message(std::string_view name) {
    constexpr std::size_t longest = 100;
    std::string shown = "'";
    for (const char c : name.substr(0, longest)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte >= 0x7f)
            shown += fmt::format("\\x{:02x}", byte);
        else
            shown += c;
    }
    return shown + (name.size() > longest ? "...'" : "'");
}

}  // namespace hekla::weights
