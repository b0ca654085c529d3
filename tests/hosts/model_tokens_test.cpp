// SPDX-License-Identifier: MIT
#include "model_tokens.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "tokenizer_files.hpp"

using namespace hekla::text;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("The reference models tell their start and end") {
    const auto folder = std::filesystem::path(HEKLA_TEST_DATA) / "reference" / "llama";
    const ModelTokens tokens = read_model_tokens(folder, nullptr);
    const Json config = read_json(folder / "config.json");
    CHECK(tokens.bos == config["bos_token_id"].get<TokenId>());
    CHECK(tokens.eos == std::vector<TokenId>{config["eos_token_id"].get<TokenId>()});
    CHECK(tokens.ends(config["eos_token_id"].get<TokenId>()));
    CHECK_FALSE(tokens.ends(77));
}

TEST_CASE("generation_config.json comes before config.json, each before tokenizer_config.json") {
    const TemporaryFolder folder;
    const Tokenizer llama = Tokenizer::from_file(reference_tokenizer("llama") / "tokenizer.json");
    CHECK(read_model_tokens(folder.path(), &llama).eos.empty());
    CHECK_FALSE(read_model_tokens(folder.path(), &llama).bos);

    folder.write("tokenizer_config.json",
                 R"({"bos_token": {"content": "<s>"}, "eos_token": "</s>"})");
    CHECK(read_model_tokens(folder.path(), &llama).bos == 1);
    CHECK(read_model_tokens(folder.path(), &llama).eos == std::vector<TokenId>{2});
    CHECK(read_model_tokens(folder.path(), nullptr).eos.empty());

    folder.write("config.json", R"({"eos_token_id": 7, "bos_token_id": null})");
    CHECK(read_model_tokens(folder.path(), &llama).eos == std::vector<TokenId>{7});
    CHECK(read_model_tokens(folder.path(), &llama).bos == 1);

    folder.write("generation_config.json", R"({"eos_token_id": [9, 11], "bos_token_id": 5})");
    CHECK(read_model_tokens(folder.path(), &llama).eos == std::vector<TokenId>{9, 11});
    CHECK(read_model_tokens(folder.path(), &llama).bos == 5);
}

TEST_CASE("Files that tell nonsense are refused by name") {
    const TemporaryFolder folder;
    const Tokenizer llama = Tokenizer::from_file(reference_tokenizer("llama") / "tokenizer.json");
    const auto refused = [&](const char* file, const std::string& text, const char* reason) {
        folder.write(file, text);
        CAPTURE(text);
        CHECK_THROWS_WITH(read_model_tokens(folder.path(), &llama),
                          ContainsSubstring(file) && ContainsSubstring(reason));
        std::filesystem::remove(folder.path() / file);
    };
    refused("config.json", "{", "not a JSON object");
    refused("config.json", "[1]", "not a JSON object");
    refused("config.json", std::string(200'000, '['), "not a JSON object");
    refused("config.json", R"({"eos_token_id": "</s>"})", "eos_token_id");
    refused("config.json", R"({"eos_token_id": -1})", "-1");
    refused("config.json", R"({"eos_token_id": [1, 2147483648]})", "2147483648");
    refused("generation_config.json", R"({"bos_token_id": 1.5})", "bos_token_id");
    refused("tokenizer_config.json", R"({"eos_token": "<nope>"})", "<nope>");
    refused("tokenizer_config.json", R"({"eos_token": 3})", "eos_token");
}
