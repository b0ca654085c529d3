// SPDX-License-Identifier: MIT
#include "tokenizer_document.hpp"

#include <limits>
#include <nlohmann/json.hpp>

#include "tokenizer_error.hpp"

namespace hekla::text {
namespace {

using Json = nlohmann::json;

constexpr TokenId max_token_id = std::numeric_limits<TokenId>::max() - 1;

/// Receives nlohmann's events. `stack_` holds the open containers of the DOM; inside model.vocab
/// and model.merges it stands still.
class Reader {
  public:
    using number_integer_t = Json::number_integer_t;
    using number_unsigned_t = Json::number_unsigned_t;
    using number_float_t = Json::number_float_t;
    using string_t = Json::string_t;
    using binary_t = Json::binary_t;

    TokenizerDocument take() {
        if (!root_.is_object()) throw ComponentError("the file is not a JSON object");
        document_.rest = std::make_unique<Json>(std::move(root_));
        return std::move(document_);
    }

    bool null() { return value(nullptr, "null"); }
    bool boolean(bool v) { return value(v, "a boolean"); }
    bool number_float(number_float_t v, const string_t&) { return value(v, "a fraction"); }
    bool binary(binary_t&) { return false; }

    bool number_integer(number_integer_t v) {
        if (part_ == Part::vocab) {
            throw ComponentError(vocab_place() + " is " + std::to_string(v) +
                                 "; ids are not negative");
        }
        return value(v, "a number");
    }

    bool number_unsigned(number_unsigned_t v) {
        if (part_ != Part::vocab) return value(v, "a number");
        if (v > static_cast<number_unsigned_t>(max_token_id)) {
            throw ComponentError(vocab_place() + " is " + std::to_string(v) + "; ids end at " +
                                 std::to_string(max_token_id));
        }
        document_.vocab.emplace_back(std::move(key_), static_cast<TokenId>(v));
        return true;
    }

    bool string(string_t& v) {
        if (part_ != Part::merges) return value(std::move(v), "a string");
        if (depth_ == merges_depth + 1) {
            pair_.push_back(std::move(v));
        } else {
            split_merge(v);
        }
        return true;
    }

    bool start_object(std::size_t) {
        if (part_ != Part::none) wrong_in_part("an object");
        enter();
        if (at_part("vocab")) {
            part_ = Part::vocab;
            document_.has_vocab = true;
        } else {
            stack_.push_back(add(Json::object()));
        }
        return true;
    }

    bool key(string_t& k) {
        if (part_ != Part::vocab && stack_.back()->contains(k)) {
            throw ComponentError("the key \"" + k + "\" is there twice in one object");
        }
        key_ = std::move(k);
        return true;
    }

    bool end_object() {
        if (part_ == Part::vocab) {
            part_ = Part::none;
            keep_place("vocab");
        } else {
            stack_.pop_back();
        }
        --depth_;
        return true;
    }

    bool start_array(std::size_t) {
        if (part_ == Part::vocab || (part_ == Part::merges && depth_ > merges_depth))
            wrong_in_part("an array");
        enter();
        if (part_ == Part::merges) {
            pair_.clear();
        } else if (at_part("merges")) {
            part_ = Part::merges;
            document_.has_merges = true;
        } else {
            stack_.push_back(add(Json::array()));
        }
        return true;
    }

    bool end_array() {
        if (part_ == Part::merges && depth_ == merges_depth + 1) {
            if (pair_.size() != 2) {
                throw ComponentError(merge_place() + " has " + std::to_string(pair_.size()) +
                                     " strings; a merge is of two");
            }
            document_.merges.emplace_back(std::move(pair_[0]), std::move(pair_[1]));
        } else if (part_ == Part::merges) {
            part_ = Part::none;
            keep_place("merges");
        } else {
            stack_.pop_back();
        }
        --depth_;
        return true;
    }

    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& e) {
        std::string_view message =
            e.what();  // "[json.exception.parse_error.101] parse error at line 1, ..."
        if (const auto end = message.find("] "); end != std::string_view::npos)
            message.remove_prefix(end + 2);
        throw ComponentError("not JSON: " + std::string(message));
    }

  private:
    enum class Part { none, vocab, merges };
    static constexpr std::size_t merges_depth = 3;  // within {, "model": {, "merges": [

    void enter() {
        if (++depth_ > max_json_depth) {
            throw ComponentError("the JSON is nested more than " + std::to_string(max_json_depth) +
                                 " deep");
        }
    }

    /// Whether the container being opened is model.<name>.
    bool at_part(std::string_view name) const {
        return stack_.size() == 2 && stack_[1]->is_object() && key_ == name &&
               stack_[0]->is_object() && stack_[1] == model_;
    }

    /// Leaves a null in the DOM, so that a second model.vocab is seen to be one.
    void keep_place(const char* name) { (*stack_.back())[name] = nullptr; }

    Json* add(Json&& v) {
        if (stack_.empty()) {
            root_ = std::move(v);
            return &root_;
        }
        Json& parent = *stack_.back();
        if (parent.is_array()) {
            parent.push_back(std::move(v));
            return &parent.back();
        }
        Json& slot = parent[key_];
        slot = std::move(v);
        if (stack_.size() == 1 && key_ == "model") model_ = &slot;
        return &slot;
    }

    template <typename T>
    bool value(T&& v, const char* what) {
        if (part_ != Part::none) wrong_in_part(what);
        add(Json(std::forward<T>(v)));
        return true;
    }

    void split_merge(const std::string& line) {
        if (line.starts_with("#version")) return;  // the first line of a merges.txt
        const std::size_t space = line.find(' ');
        if (space == std::string::npos || line.find(' ', space + 1) != std::string::npos) {
            throw ComponentError(merge_place() + " is \"" + line +
                                 "\"; a merge is two tokens with one space between");
        }
        document_.merges.emplace_back(line.substr(0, space), line.substr(space + 1));
    }

    std::string vocab_place() const { return "model.vocab[\"" + key_ + "\"]"; }
    std::string merge_place() const {
        return "model.merges[" + std::to_string(document_.merges.size()) + "]";
    }

    [[noreturn]] void wrong_in_part(const std::string& what) const {
        if (part_ == Part::vocab)
            throw ComponentError(vocab_place() + " is " + what + "; it must be a whole number");
        throw ComponentError(merge_place() + " is or holds " + what +
                             R"(; a merge is "a b" or ["a", "b"])");
    }

    TokenizerDocument document_;
    Json root_;
    std::vector<Json*> stack_;
    const Json* model_ = nullptr;
    std::string key_;
    std::vector<std::string> pair_;
    Part part_ = Part::none;
    std::size_t depth_ = 0;
};

}  // namespace

TokenizerDocument::TokenizerDocument() = default;
TokenizerDocument::~TokenizerDocument() = default;
TokenizerDocument::TokenizerDocument(TokenizerDocument&&) noexcept = default;

TokenizerDocument read_tokenizer_document(std::string_view json) {
    Reader reader;
    Json::sax_parse(json.begin(), json.end(), &reader);
    return reader.take();
}

}  // namespace hekla::text
