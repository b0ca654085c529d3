// SPDX-License-Identifier: MIT
// Tokenizers as GGUF files carry them: the reference cases, and what is refused.
#include "gguf_tokenizer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <functional>
#include <limits>

#include "tokenizer.hpp"
#include "tokenizer_files.hpp"

using namespace hekla::text;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using Ids = std::vector<TokenId>;

namespace {

/// The lists a converter writes for a tokenizer.json. Scores fall with the id, as those of SentencePiece's BPE do.
GgufTokenizer converted(const Json& json, const std::string& model, const std::string& pre) {
    GgufTokenizer gguf;
    gguf.model = model;
    gguf.pre = pre;
    std::map<TokenId, std::pair<std::string, std::int64_t>> tokens;
    for (const auto& [token, id] : json["model"]["vocab"].items()) {
        const bool byte = token.size() == 6 && token.starts_with("<0x");
        tokens[id] = {token, byte ? 6 : 1};
    }
    for (const Json& token : json["added_tokens"])
        tokens[token["id"]] = {token["content"], token["content"] == "<unk>" ? 2
                                                 : token["special"]          ? 3
                                                                             : 4};
    for (const auto& [id, token] : tokens) {
        gguf.tokens.push_back(token.first);
        gguf.token_type.push_back(token.second);
        if (model == "llama") gguf.scores.push_back(-static_cast<double>(id));
    }
    if (model == "gpt2")
        for (const Json& merge : json["model"]["merges"])
            gguf.merges.push_back(merge.is_string() ? merge.get<std::string>()
                                                    : merge[0].get<std::string>() + " " +
                                                          merge[1].get<std::string>());
    gguf.bos_token_id = model == "llama" ? 1 : 0;
    if (model == "llama") gguf.unknown_token_id = 0;
    return gguf;
}

GgufTokenizer reference(const std::string& kind, const std::string& model, const std::string& pre) {
    return converted(read_json(reference_tokenizer(kind) / "tokenizer.json"), model, pre);
}

/// SentencePiece without bytes: <unk>, letters, and some words.
GgufTokenizer scored() {
    GgufTokenizer gguf;
    gguf.model = "llama";
    gguf.tokens = {"<unk>", "<s>", "</s>", "a", "b", "c", "ab", "bc", "abc", "\u2581"};
    gguf.scores = {0, 0, 0, -9, -9, -9, -2, -1, -3, -9};
    gguf.token_type = {2, 3, 3, 1, 1, 1, 1, 1, 1, 1};
    gguf.unknown_token_id = 0;
    gguf.add_space_prefix = false;
    return gguf;
}

}  // namespace

TEST_CASE("The reference cases come out exactly from what a GGUF file carries") {
    struct Kind {
        const char *kind, *model, *pre;
    };
    const Kind kind = GENERATE(Kind{"gpt2", "gpt2", "gpt-2"}, Kind{"gpt2", "gpt2", ""},
                               Kind{"gpt2", "gpt2", "default"}, Kind{"llama3", "gpt2", "llama-bpe"},
                               Kind{"llama", "llama", "default"}, Kind{"llama", "llama", ""});
    CAPTURE(kind.kind, kind.pre);
    const Tokenizer tokenizer =
        Tokenizer::from_gguf(reference(kind.kind, kind.model, kind.pre), "model.gguf");
    const Json cases = read_json(reference_tokenizer(kind.kind) / "cases.json")["cases"];
    REQUIRE(cases.size() == 15);
    for (const Json& c : cases) {
        const std::string text = c["text"];
        CAPTURE(text);
        const Ids ids = tokenizer.encode(text, false);
        CHECK(ids == c["ids"].get<Ids>());
        CHECK(tokenizer.encode(text, true) == c["ids_special"].get<Ids>());
        CHECK(tokenizer.decode(ids) == c["decoded"].get<std::string>());
    }
}

TEST_CASE("Splitters are those of the models they are named for") {
    const Json qwen2 = Json::parse(
        R"re({"normalizer": {"type": "NFC"}, "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},
         "behavior": "Isolated", "invert": false},
        {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]}})re");
    const Json smollm = Json::parse(R"({"pre_tokenizer": {"type": "Sequence", "pretokenizers": [
        {"type": "Digits", "individual_digits": true}, {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}]}})");
    Json json = read_json(reference_tokenizer("gpt2") / "tokenizer.json");
    for (const auto& [pre, patch] : {std::pair{"qwen2", qwen2}, std::pair{"smollm", smollm}}) {
        CAPTURE(pre);
        Json patched = json;
        patched.merge_patch(patch);
        const Tokenizer truth = Tokenizer::from_json(patched.dump());
        const Tokenizer tokenizer =
            Tokenizer::from_gguf(converted(json, "gpt2", pre), "model.gguf");
        for (const char* text : {"It's 1234 o'CLOCK\r\n\n  now", "e\u0301 caf\u00e9  x",
                                 "  a\t b \n", "x_1<|endoftext|>y"}) {
            CHECK(tokenizer.encode(text, true) == truth.encode(text, true));
            CHECK(tokenizer.decode(tokenizer.encode(text, false)) ==
                  truth.decode(truth.encode(text, false)));
        }
    }
}

TEST_CASE("Scores decide what merges, whatever the parts") {
    const Tokenizer tokenizer = Tokenizer::from_gguf(scored(), "model.gguf");
    CHECK(tokenizer.encode("abc", false) == Ids{8});      // bc goes first, then a + bc
    CHECK(tokenizer.encode("abab", false) == Ids{6, 6});  // equal scores: from the left
    CHECK(tokenizer.encode("aab", false) == Ids{3, 6});
    CHECK(tokenizer.encode("axxb", false) == Ids{3, 0, 4});  // without bytes: one unknown for a run
    CHECK(tokenizer.encode("abc", true) == Ids{1, 8});
    CHECK(tokenizer.encode("a</s>b", false) == Ids{3, 2, 4});
    CHECK(tokenizer.decode(Ids{1, 8, 9, 6, 2}) == "abc ab");

    GgufTokenizer gguf = scored();
    gguf.token_type[8] = 5;  // unused: nothing merges into it
    gguf.add_bos_token = false;
    gguf.add_eos_token = true;
    CHECK(Tokenizer::from_gguf(std::move(gguf), "model.gguf").encode("abc", true) == Ids{3, 7, 2});
    gguf = scored();
    gguf.add_space_prefix.reset();
    CHECK(Tokenizer::from_gguf(std::move(gguf), "model.gguf").encode("ab c", false) ==
          Ids{9, 6, 9, 5});
}

TEST_CASE("A GGUF tokenizer that cannot be is refused by its key") {
    using Change = std::function<void(GgufTokenizer&)>;
    const auto complaint = [](GgufTokenizer gguf, const Change& change) -> std::string {
        change(gguf);
        try {
            Tokenizer::from_gguf(std::move(gguf), "model.gguf");
        } catch (const TokenizerError& e) {
            CHECK(e.file() == "model.gguf");
            return e.reason();
        }
        return "nothing";
    };
    const GgufTokenizer bpe = reference("gpt2", "gpt2", "gpt-2"), sp = scored();
    struct Wrong {
        const GgufTokenizer& base;
        Change change;
        const char* words;
    };
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const Wrong all[] = {
        {bpe, [](auto& g) { g.model = "bert"; },
         "tokenizer.ggml.model is \"bert\", which is not supported; supported are gpt2 and llama"},
        {bpe, [](auto& g) { g.model = ""; }, "tokenizer.ggml.model is \"\""},
        {bpe, [](auto& g) { g.pre = "dbrx"; }, "tokenizer.ggml.pre is \"dbrx\""},
        {bpe, [](auto& g) { g.tokens.clear(); }, "tokenizer.ggml.tokens is not there, or empty"},
        {bpe, [](auto& g) { g.tokens[7] = "\xff"; }, "tokenizer.ggml.tokens[7] is not UTF-8"},
        {bpe, [](auto& g) { g.tokens[7] = g.tokens[8]; }, "twice"},
        {bpe, [](auto& g) { g.merges.clear(); }, "tokenizer.ggml.merges is not there, or empty"},
        {bpe, [](auto& g) { g.merges[3] = "ab"; }, "tokenizer.ggml.merges[3] is \"ab\""},
        {bpe, [](auto& g) { g.merges[3] = ""; }, "tokenizer.ggml.merges[3] is \"\""},
        {bpe, [](auto& g) { g.merges[3] = "x nowhere"; }, "speaks of \"nowhere\""},
        {bpe, [](auto& g) { g.token_type.pop_back(); },
         "tokenizer.ggml.token_type has 393 values for 394 tokens"},
        {bpe, [](auto& g) { g.token_type[2] = 9; },
         "tokenizer.ggml.token_type[2] is 9; types are 1 to 6"},
        {bpe,
         [](auto& g) {
             g.add_bos_token = true;
             g.bos_token_id = 394;
         },
         "tokenizer.ggml.bos_token_id is 394"},
        {bpe,
         [](auto& g) {
             g.add_bos_token = true;
             g.bos_token_id = -1;
         },
         "tokenizer.ggml.bos_token_id is -1"},
        {bpe, [](auto& g) { g.add_eos_token = true; }, "tokenizer.ggml.eos_token_id is not there"},
        {sp, [](auto& g) { g.scores.clear(); }, "tokenizer.ggml.scores is not there, or empty"},
        {sp, [](auto& g) { g.scores.push_back(1); },
         "tokenizer.ggml.scores has 11 values for 10 tokens"},
        {sp, [=](auto& g) { g.scores[4] = nan; },
         "tokenizer.ggml.scores[4] is not a finite number"},
        {sp, [](auto& g) { g.unknown_token_id = 10; }, "tokenizer.ggml.unknown_token_id is 10"},
        {sp, [](auto& g) { g.tokens[5] = "<0xZZ>"; }, "no byte"},
        {sp, [](auto& g) { g.tokens[5] = "<0x-1>"; }, "no byte"},
        {sp, [](auto& g) { g.tokens[5] = std::string(5000, 'x'); }, "the token 5 has 5000 bytes"},
    };
    for (const Wrong& wrong : all)
        CHECK_THAT(complaint(wrong.base, wrong.change), ContainsSubstring(wrong.words));
}
