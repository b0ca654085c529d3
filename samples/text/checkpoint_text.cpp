// SPDX-License-Identifier: MIT
#include "checkpoint_text.hpp"

#include <filesystem>
#include <limits>

#include "gguf_tokenizer.hpp"
#include "hekla/hekla.hpp"

namespace hekla::text {
namespace {

/// The metadata of a checkpoint, with complaints that name it.
class Metadata {
  public:
    explicit Metadata(const std::string& path) : checkpoint_(path), path_(path) {}

    bool has(const std::string& key) const {
        return checkpoint_.value(key).kind != HEKLA_VALUE_NULL;
    }

    std::string text(const std::string& key) const {
        const hekla_value value = checkpoint_.value(key);
        return value.kind == HEKLA_VALUE_NULL ? std::string() : text(key, value);
    }

    std::optional<std::int64_t> integer(const std::string& key) const {
        const hekla_value value = checkpoint_.value(key);
        if (value.kind == HEKLA_VALUE_NULL) return std::nullopt;
        return integer(key, value);
    }

    std::optional<bool> flag(const std::string& key) const {
        const hekla_value value = checkpoint_.value(key);
        if (value.kind == HEKLA_VALUE_NULL) return std::nullopt;
        if (value.kind != HEKLA_VALUE_BOOL) wrong(key, "true or false");
        return value.integer != 0;
    }

    std::vector<std::string> texts(const std::string& key) const {
        std::vector<std::string> out;
        for (const hekla_value& value : list(key)) out.push_back(text(key, value));
        return out;
    }

    std::vector<std::int64_t> integers(const std::string& key) const {
        std::vector<std::int64_t> out;
        for (const hekla_value& value : list(key)) out.push_back(integer(key, value));
        return out;
    }

    std::vector<double> numbers(const std::string& key) const {
        std::vector<double> out;
        for (const hekla_value& value : list(key)) {
            if (value.kind != HEKLA_VALUE_NUMBER) wrong(key, "a list of f32");
            out.push_back(value.number);
        }
        return out;
    }

    /// A token id, or a list of them.
    std::vector<TokenId> ids(const std::string& key) const {
        const hekla_value value = checkpoint_.value(key);
        std::vector<TokenId> out;
        if (value.kind == HEKLA_VALUE_NULL) return out;
        const auto add = [&](const hekla_value& one) {
            const std::int64_t id = integer(key, one);
            if (id < 0 || id >= std::numeric_limits<TokenId>::max()) wrong(key, "a token id");
            out.push_back(static_cast<TokenId>(id));
        };
        if (value.kind == HEKLA_VALUE_LIST)
            for (const hekla_value& one : Checkpoint::values(value)) add(one);
        else
            add(value);
        return out;
    }

  private:
    [[noreturn]] void wrong(const std::string& key, const char* wanted) const {
        throw TokenizerError(path_, key + " must be " + wanted);
    }

    std::string text(const std::string& key, const hekla_value& value) const {
        if (value.kind != HEKLA_VALUE_TEXT) wrong(key, "text");
        return {value.text, static_cast<std::size_t>(value.count)};
    }

    std::int64_t integer(const std::string& key, const hekla_value& value) const {
        if (value.kind != HEKLA_VALUE_INTEGER) wrong(key, "a whole number");
        return value.integer;
    }

    std::vector<hekla_value> list(const std::string& key) const {
        const hekla_value value = checkpoint_.value(key);
        if (value.kind == HEKLA_VALUE_NULL) return {};
        if (value.kind != HEKLA_VALUE_LIST) wrong(key, "a list");
        return Checkpoint::values(value);
    }

    Checkpoint checkpoint_;
    std::string path_;
};

GgufTokenizer read_gguf_tokenizer(const Metadata& metadata) {
    const auto key = [](const char* name) { return std::string("tokenizer.ggml.") + name; };
    GgufTokenizer gguf;
    gguf.model = metadata.text(key("model"));
    gguf.pre = metadata.text(key("pre"));
    gguf.tokens = metadata.texts(key("tokens"));
    gguf.scores = metadata.numbers(key("scores"));
    gguf.token_type = metadata.integers(key("token_type"));
    gguf.merges = metadata.texts(key("merges"));
    gguf.bos_token_id = metadata.integer(key("bos_token_id"));
    gguf.eos_token_id = metadata.integer(key("eos_token_id"));
    gguf.unknown_token_id = metadata.integer(key("unknown_token_id"));
    gguf.add_bos_token = metadata.flag(key("add_bos_token"));
    gguf.add_eos_token = metadata.flag(key("add_eos_token"));
    gguf.add_space_prefix = metadata.flag(key("add_space_prefix"));
    return gguf;
}

ModelTokens read_own_tokens(const Metadata& metadata) {
    ModelTokens tokens;
    for (const char* key :
         {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "eos_token_id"})
        for (const TokenId id : metadata.ids(key)) tokens.eos.push_back(id);
    for (const char* key : {"tokenizer.ggml.bos_token_id", "bos_token_id"})
        for (const TokenId id : metadata.ids(key))
            if (!tokens.bos) tokens.bos = id;
    return tokens;
}

}  // namespace

CheckpointText read_checkpoint_text(const std::string& model, bool wanted) {
    const std::filesystem::path path(model);
    const std::filesystem::path folder =
        std::filesystem::is_directory(path) ? path : path.parent_path();
    CheckpointText text;
    const Metadata metadata(model);
    const bool whole = metadata.has("tokenizer.huggingface.json");
    if (whole || metadata.has("tokenizer.ggml.model")) {
        if (wanted)
            text.tokenizer =
                whole ? Tokenizer::from_json(metadata.text("tokenizer.huggingface.json"), model)
                      : Tokenizer::from_gguf(read_gguf_tokenizer(metadata), model);
        text.tokens = read_own_tokens(metadata);
        return text;
    }
    if (wanted) text.tokenizer = Tokenizer::from_file(folder / "tokenizer.json");
    text.tokens = read_model_tokens(folder, text.tokenizer ? &*text.tokenizer : nullptr);
    return text;
}

}  // namespace hekla::text
