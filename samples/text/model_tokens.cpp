// SPDX-License-Identifier: MIT
#include "model_tokens.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "read_file.hpp"

namespace hekla::text {
namespace {

using Json = nlohmann::json;

constexpr std::size_t max_config_bytes = std::size_t{16} << 20;

/// The object in the file; absent if there is no such file.
std::optional<Json> read_object(const std::filesystem::path& file) {
    std::error_code error;
    if (!std::filesystem::exists(file, error)) return std::nullopt;
    const std::string text = read_small_file(file, max_config_bytes);
    Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) throw ComponentError("not a JSON object");
    return json;
}

TokenId read_id(const Json& value, const char* key) {
    const bool whole =
        value.is_number_integer() && (value.is_number_unsigned() || value.get<std::int64_t>() >= 0);
    if (!whole || value.get<std::uint64_t>() >=
                      static_cast<std::uint64_t>(std::numeric_limits<TokenId>::max())) {
        throw ComponentError(std::string(key) + " is or holds " + value.dump() +
                             "; it must be a token id");
    }
    return value.get<TokenId>();
}

/// The ids at `key`: none, one, or a list of them.
std::vector<TokenId> ids_at(const Json& object, const char* key) {
    const auto it = object.find(key);
    if (it == object.end() || it->is_null()) return {};
    if (!it->is_array()) return {read_id(*it, key)};
    std::vector<TokenId> ids;
    for (const Json& value : *it) ids.push_back(read_id(value, key));
    return ids;
}

/// The id of the token named at `key`: a string, or an object with its `content`.
std::optional<TokenId> named_at(const Json& object, const char* key, const Tokenizer& tokenizer) {
    auto it = object.find(key);
    if (it == object.end() || it->is_null()) return std::nullopt;
    const Json& name = it->is_object() && it->contains("content") ? (*it)["content"] : *it;
    if (!name.is_string())
        throw ComponentError(std::string(key) + " is " + name.type_name() + "; it must be a token");
    const std::string token = name.get<std::string>();
    const auto id = tokenizer.token_to_id(token);
    if (!id)
        throw ComponentError(std::string(key) + " is \"" + token +
                             "\", which the tokenizer does not know");
    return id;
}

}  // namespace

bool ModelTokens::ends(TokenId id) const {
    return std::find(eos.begin(), eos.end(), id) != eos.end();
}

ModelTokens read_model_tokens(const std::filesystem::path& folder, const Tokenizer* tokenizer) {
    ModelTokens tokens;
    for (const char* name : {"generation_config.json", "config.json", "tokenizer_config.json"}) {
        const std::filesystem::path file = folder / name;
        const bool by_name = file.filename() == "tokenizer_config.json";
        if (by_name && !tokenizer) continue;
        try {
            const auto object = read_object(file);
            if (!object) continue;
            if (tokens.eos.empty()) {
                tokens.eos = ids_at(*object, "eos_token_id");
                if (by_name && tokens.eos.empty()) {
                    if (const auto id = named_at(*object, "eos_token", *tokenizer))
                        tokens.eos = {*id};
                }
            }
            if (!tokens.bos) {
                const std::vector<TokenId> ids = ids_at(*object, "bos_token_id");
                if (!ids.empty()) tokens.bos = ids.front();
                if (by_name && !tokens.bos) tokens.bos = named_at(*object, "bos_token", *tokenizer);
            }
        } catch (const ComponentError& e) {
            throw TokenizerError(file.string(), e.what());
        }
    }
    return tokens;
}

}  // namespace hekla::text
