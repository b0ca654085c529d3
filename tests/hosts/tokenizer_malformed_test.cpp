// SPDX-License-Identifier: MIT
// Tokenizer files from strangers: every one is refused with file and reason, or works; none
// crashes.
#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <chrono>

#include "tokenizer.hpp"
#include "tokenizer_files.hpp"

using namespace hekla::text;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A small complete tokenizer, to be damaged.
Json good() {
    return Json::parse(R"({
      "added_tokens": [{"id": 8, "content": "<s>", "special": true}],
      "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"},
        {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "}]},
      "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": " ?\\p{L}+|\\s+"}, "behavior": "Isolated",
         "invert": false},
        {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]},
      "post_processor": {"type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                   {"Sequence": {"id": "A", "type_id": 0}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [8], "tokens": ["<s>"]}}},
      "decoder": {"type": "Sequence", "decoders": [{"type": "ByteLevel"},
        {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
      "model": {"type": "BPE", "unk_token": "u", "fuse_unk": true, "byte_fallback": true,
        "vocab": {"u": 0, "a": 1, "b": 2, "ab": 3, "Ġ": 4, "<0x41>": 5, "aba": 6, "Ġa": 7},
        "merges": [["a", "b"], ["ab", "a"], ["Ġ", "a"]]}
    })");
}

/// What is wrong with the file; empty if nothing is.
std::string complaint(const std::string& json) {
    try {
        const Tokenizer tokenizer = Tokenizer::from_json(json, "bad.json");
        const auto ids = tokenizer.encode("aba  b\u00e9A<s>", true);
        tokenizer.decode(ids);
        TextStream stream = tokenizer.stream(false);
        for (const TokenId id : ids) stream.push(id);
        stream.finish();
        return {};
    } catch (const TokenizerError& e) {
        CHECK(e.file() == "bad.json");
        CHECK(std::string(e.what()) == "bad.json: " + e.reason());
        CHECK_FALSE(e.reason().empty());
        return e.reason();
    }
}

void refused(const std::string& json, const std::string& reason) {
    CAPTURE(json.substr(0, 300));
    CHECK_THAT(complaint(json), ContainsSubstring(reason));
}

void refused(const Json& json, const std::string& reason) { refused(json.dump(), reason); }

/// good() with the value at a JSON pointer replaced.
Json with(const char* place, Json value) {
    Json json = good();
    json[Json::json_pointer(place)] = std::move(value);
    return json;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

std::string repeated(const std::string& unit, std::size_t times) {
    std::string out;
    for (; times > 0; --times) out += unit;
    return out;
}

}  // namespace

TEST_CASE("The undamaged file works") {
    CHECK(complaint(good().dump()).empty());
    const Tokenizer tokenizer = Tokenizer::from_json(good().dump());
    CHECK(tokenizer.encode("aba ab", true) == std::vector<TokenId>{8, 6, 4, 3});
    CHECK(tokenizer.decode(std::vector<TokenId>{8, 4, 6, 4, 3}) == "aba ab");
}

TEST_CASE("T1: nesting without end") {
    refused(repeated("[", 1'000'000), "nested more than 64 deep");
    refused(repeated("{\"a\":", 1'000'000), "nested more than 64 deep");
    refused("{\"model\":{\"vocab\":{\"a\":" + repeated("[", 1'000'000), "must be a whole number");
    refused("{\"model\":{\"merges\":" + repeated("[", 1'000'000), "a merge is");
    std::string deep = repeated(R"({"type":"Sequence","normalizers":[)", 100'000);
    refused("{\"normalizer\":" + deep, "nested more than 64 deep");
    // Within the depth, but too many at once.
    Json many = Json::array();
    for (int i = 0; i < 65; ++i) many.push_back({{"type", "NFC"}});
    refused(with("/normalizer/normalizers", many), "at most 64");
}

TEST_CASE("T2: ids that are twice, negative, too large or no numbers") {
    refused(with("/model/vocab/b", 1), "gives id 1 to");
    refused(with("/model/vocab/b", -1), "model.vocab[\"b\"] is -1");
    refused(with("/model/vocab/b", 2147483648), "model.vocab[\"b\"] is 2147483648");
    refused(with("/model/vocab/b", 2147483647), "2147483647; ids end at 2147483646");
    refused(with("/model/vocab/b", 18446744073709551615u), "ids end at");
    refused(with("/model/vocab/b", 2.0), "model.vocab[\"b\"] is a fraction");
    refused(with("/model/vocab/b", "2"), "model.vocab[\"b\"] is a string");
    refused(with("/model/vocab/b", nullptr), "model.vocab[\"b\"] is null");
    refused(replaced(good().dump(), "\"b\":2", "\"b\":1e999"), "JSON");
    refused(replaced(good().dump(), "\"b\":2", "\"b\":2,\"b\":9"), "lists \"b\" twice");
    refused(replaced(good().dump(), "\"b\":2", "\"b\":2,\"b\":2"), "twice");
    refused(replaced(good().dump(), "\"type\":\"BPE\"", "\"type\":\"BPE\",\"type\":\"BPE\""),
            "twice");
    refused(replaced(good().dump(), "\"model\":", "\"model\":{\"vocab\":{\"z\":1}},\"model\":"),
            "twice");
    refused(replaced(good().dump(), "\"vocab\":", "\"vocab\":{\"z\":1},\"vocab\":"), "twice");

    refused(with("/added_tokens/0/id", -1), "added_tokens[0].id is -1");
    refused(with("/added_tokens/0/id", 2147483648), "added_tokens[0].id is 2147483648");
    refused(with("/added_tokens/0/id", 18446744073709551615u), "added_tokens[0].id");
    refused(with("/added_tokens/0/id", "8"), "added_tokens[0].id is string");
    refused(with("/added_tokens/0/id", 3), "which model.vocab gives to \"ab\"");
    refused(with("/added_tokens/0/content", "ab"), "the id 8, model.vocab 3");
    refused(with("/added_tokens/0/content", ""), "content is empty");
    refused(with("/added_tokens/1", {{"id", 9}, {"content", "<s>"}}), "lists \"<s>\" twice");
    refused(with("/added_tokens/1", {{"id", 8}, {"content", "<t>"}}),
            "id 8 to \"<s>\" and \"<t>\"");
    // The largest id there can be is fine, and costs no memory.
    const Tokenizer sparse = Tokenizer::from_json(with("/model/vocab/b", 2147483646).dump());
    CHECK(sparse.vocab_size() == 2147483647);
    CHECK(sparse.id_to_token(2147483646) == "b");
    CHECK(sparse.encode("b", false) == std::vector<TokenId>{2147483646});
}

TEST_CASE("T3: merges to nowhere") {
    refused(with("/model/merges/1", {"zz", "a"}), "model.merges[1] speaks of \"zz\"");
    refused(with("/model/merges/1", {"a", "zz"}), "model.merges[1] speaks of \"zz\"");
    refused(with("/model/merges/1", {"b", "b"}), "model.merges[1] speaks of \"bb\"");
    refused(with("/model/merges/1", {"a"}), "model.merges[1] has 1 strings");
    refused(with("/model/merges/1", {"a", "b", "a"}), "model.merges[1] has 3 strings");
    refused(with("/model/merges/1", {1, 2}), "model.merges[1]");
    refused(with("/model/merges/1", Json::object()), "model.merges[1]");
    refused(with("/model/merges/1", 7), "model.merges[1]");
    refused(with("/model/merges", {"ab"}), "one space between");
    refused(with("/model/merges", {"a b a"}), "one space between");
    refused(with("/model/merges", {"a bb"}), "\"bb\"");
    refused(with("/model/merges", {{"a", "b"}}), "");
    refused(with("/model/merges", Json::object()), "model.merges is not there, or is no list");
    refused(with("/model/continuing_subword_prefix", "##"),
            "shorter than continuing_subword_prefix");
    refused(with("/model/unk_token", "nope"), "unk_token \"nope\" is not in model.vocab");
}

TEST_CASE("T4: tokens that look like bytes and are none") {
    for (const char* token : {"<0x-1>", "<0xZZ>", "<0x 1>", "<0x+F>", "<0x1G>", "<0xé>"}) {
        refused(with("/model/vocab", {{"u", 0},
                                      {"a", 1},
                                      {"b", 2},
                                      {"ab", 3},
                                      {"Ġ", 4},
                                      {"aba", 5},
                                      {"Ġa", 6},
                                      {token, 7}}),
                token);
    }
    // Without byte fallback they are tokens like others.
    Json plain = with("/model/byte_fallback", false);
    plain["model"]["vocab"]["<0xZZ>"] = 9;
    CHECK(complaint(plain.dump()).empty());
    // A byte as decoders must not read it.
    plain["model"]["vocab"]["<0x-1>"] = 10;
    plain["decoder"] = {{"type", "ByteFallback"}};
    CHECK(Tokenizer::from_json(plain.dump()).decode(std::vector<TokenId>{10, 9}) == "<0x-1><0xZZ>");
}

TEST_CASE("T5: expressions that explode, recurse, or do not compile") {
    const auto splitting = [](const std::string& regex) {
        return with("/pre_tokenizer/pretokenizers/0/pattern/Regex", regex);
    };
    for (const char* regex :
         {"(a+)+$", "(?:a|a|a)*$", "^(?:(a?)*)*c", "((a*)*)*[^a]{3}", "(?R)?a(?R)?b"}) {
        CAPTURE(regex);
        const Tokenizer tokenizer = Tokenizer::from_json(splitting(regex).dump(), "bad.json");
        const auto start = std::chrono::steady_clock::now();
        try {
            tokenizer.encode(repeated("a", 5000) + "b", false);
        } catch (const TokenizerError& e) {
            CHECK_THAT(e.what(), ContainsSubstring("bad.json") && ContainsSubstring("gave up"));
        }
        CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(60));
    }
    CHECK_THROWS_WITH(
        Tokenizer::from_json(splitting("(a+)+$").dump()).encode(repeated("a", 64) + "b", false),
        ContainsSubstring("match limit"));
    refused(splitting("(?<=\\Ka)b"), "cannot be compiled");
    refused(splitting("("), "cannot be compiled");
    refused(splitting("[a"), "cannot be compiled");
    refused(splitting("\\"), "cannot be compiled");
    refused(splitting("a{65536}"), "cannot be compiled");
    refused(splitting("((((a{999}){999}){999}){999})"), "cannot be compiled");
    refused(splitting(repeated("(", 1000) + repeated(")", 1000)), "cannot be compiled");
    refused(splitting("\\C"), "cannot be compiled");
    refused(splitting("\\p{Nope}"), "cannot be compiled");
    refused(splitting("\\p{"), "cannot be compiled");
    refused(splitting(repeated("a", 20'000)), "at most 16384");
    refused(splitting("[\\p{L}&&[^a]]"), "&& in a character class");
    refused(splitting("[a[bc]]"), "class within another");
    refused(splitting("[[:nope:]]"), "class within another");
    refused(splitting("[\\W]"), "inside a character class");
    // Odd, but fine: a match that starts before it began, callouts, empty matches.
    for (const char* regex : {"a\\K", "(?C)a", "", "a*?", "()", "(?=a)"}) {
        CAPTURE(regex);
        CHECK(complaint(splitting(regex).dump()).empty());
    }
    refused(with("/normalizer/normalizers/1/pattern/Regex", "("), "cannot be compiled");
    refused(with("/decoder/decoders/1",
                 {{"type", "Replace"}, {"pattern", {{"Regex", "("}}}, {"content", ""}}),
            "cannot be compiled");
}

TEST_CASE("T6: lone surrogates and bytes that are not UTF-8") {
    refused(replaced(good().dump(), "\"b\":2", R"("\ud800":2)"), "not JSON");
    refused(replaced(good().dump(), "\"b\":2", R"("\udc00":2)"), "not JSON");
    refused(replaced(good().dump(), "\"b\":2", R"("\ud800\u0041":2)"), "not JSON");
    refused(replaced(good().dump(), "<s>", R"(\udfff)"), "not JSON");
    refused(replaced(good().dump(), "\"b\":2", "\"\xFF\":2"), "not JSON");
    refused(replaced(good().dump(), "\"b\":2", "\"\xED\xA0\x80\":2"), "not JSON");
    refused(replaced(good().dump(), "\"b\":2", std::string("\"b\0\":2", 6)), "not JSON");
}

TEST_CASE("T7: no vocabulary") {
    refused(with("/model/vocab", Json::object()), "model.vocab is empty");
    refused(with("/model/vocab", Json::array()), "model.vocab is not there");
    refused(with("/model/vocab", nullptr), "model.vocab is not there");
    refused(with("/model", Json::object()), "model.type");
    refused(std::string("{}"), "the file has no \"model\"");
}

TEST_CASE("T8, and every component that is not supported, is named") {
    refused(with("/normalizer", {{"type", "Precompiled"}, {"precompiled_charsmap", "AA=="}}),
            "normalizer.type \"Precompiled\" is not supported; supported are NFC");
    refused(with("/normalizer/normalizers/0/type", "BertNormalizer"),
            "normalizer.normalizers[0].type \"BertNormalizer\"");
    refused(with("/pre_tokenizer/pretokenizers/1/type", "BertPreTokenizer"),
            "pre_tokenizer.pretokenizers[1].type \"BertPreTokenizer\" is not supported; supported "
            "are ByteLevel");
    refused(with("/post_processor/type", "Nope"), "post_processor.type \"Nope\" is not supported");
    refused(with("/decoder/decoders/0/type", "WordPiece"),
            "decoder.decoders[0].type \"WordPiece\"");
    refused(with("/model/type", "Unigram"),
            "model.type \"Unigram\" is not supported; supported are BPE");
    refused(with("/model/dropout", 0.1), "model.dropout");
}

TEST_CASE("T10: normalizers that grow the text without end") {
    Json grow = Json::array();
    const Json step = {
        {"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", std::string(1024, 'a')}};
    for (int i = 0; i < 64; ++i) grow.push_back(step);
    const Tokenizer tokenizer =
        Tokenizer::from_json(with("/normalizer/normalizers", grow).dump(), "bad.json");
    CHECK_THROWS_WITH(tokenizer.encode("a", false),
                      ContainsSubstring("bad.json") && ContainsSubstring("grows"));
    grow[0]["content"] = std::string(1025, 'a');
    refused(with("/normalizer/normalizers", grow), "at most 1024");
}

TEST_CASE("Values of the wrong kind say where and what is wanted") {
    refused(std::string("[]"), "not a JSON object");
    refused(std::string("7"), "not a JSON object");
    refused(std::string(""), "not JSON");
    refused(std::string("version https://git-lfs.github.com/spec/v1\n"), "not JSON");
    refused(good().dump() + "x", "not JSON");
    refused(with("/normalizer", 5), "normalizer is number; it must be an object");
    refused(with("/normalizer", Json::object()), "normalizer has no \"type\"");
    refused(with("/normalizer/type", 5), "normalizer.type is number; it must be a string");
    refused(with("/normalizer/normalizers", 5),
            "normalizer.normalizers is number; it must be a list");
    refused(with("/normalizer/normalizers/1/pattern", Json::object()), "pattern has no \"String\"");
    refused(with("/normalizer/normalizers/1/pattern", {{"String", ""}}), "pattern.String is empty");
    refused(with("/normalizer/normalizers/0", {{"type", "Strip"}}), "strip_left");
    refused(with("/pre_tokenizer/pretokenizers/0/behavior", "Nope"), "behavior is \"Nope\"");
    refused(with("/pre_tokenizer/pretokenizers/0/invert", 1), "it must be true or false");
    refused(with("/pre_tokenizer", {{"type", "Metaspace"}, {"replacement", ""}}), "one character");
    refused(with("/pre_tokenizer", {{"type", "Metaspace"}, {"replacement", "__"}}),
            "one character");
    refused(with("/pre_tokenizer",
                 {{"type", "Metaspace"}, {"replacement", "_"}, {"prepend_scheme", "x"}}),
            "prepend_scheme is \"x\"");
    refused(with("/decoder/decoders/1/start", -1), "start is -1");
    refused(with("/decoder/decoders/1/stop", 1e9), "stop");
    refused(with("/decoder", {{"type", "BPEDecoder"}, {"suffix", ""}}), "suffix is empty");
    refused(with("/post_processor/special_tokens", Json::object()),
            "which special_tokens does not list");
    refused(with("/post_processor/special_tokens/<s>/ids/0", 77), "the id 77, which no token has");
    refused(with("/post_processor/special_tokens/<s>/ids/0", -7), "ids[0] is -7");
    refused(with("/post_processor",
                 {{"type", "BertProcessing"}, {"cls", {"<s>"}}, {"sep", {"<s>", 8}}}),
            "post_processor.cls");
    refused(with("/post_processor/single", Json::array()), "single is empty");
    const Json twice = {{"type", "Sequence"},
                        {"processors", {good()["post_processor"], good()["post_processor"]}}};
    refused(with("/post_processor", twice), "adds ids more than once");
    refused(with("/added_tokens", 7), "added_tokens is number");
    refused(with("/added_tokens/0", 7), "added_tokens[0] is number");
    refused(with("/model", 7), "model is number");
    refused(with("/model/fuse_unk", "yes"), "model.fuse_unk");
    // A strip of more than there is, of a token that is nothing else.
    Json strip = with("/decoder/decoders/1/start", 1024);
    strip["decoder"]["decoders"][1]["stop"] = 1024;
    CHECK(Tokenizer::from_json(strip.dump()).decode(std::vector<TokenId>{4, 4, 4}).empty());
}

TEST_CASE("What is not a regular file is not opened") {
    const TemporaryFolder folder;
    const auto says = [](const std::filesystem::path& path, const char* reason) {
        CHECK_THROWS_WITH(Tokenizer::from_file(path),
                          ContainsSubstring(path.string()) && ContainsSubstring(reason));
    };
    says(folder.path() / "none.json", "no such file");
    says(folder.path(), "not a regular file");
    says("/dev/zero", "not a regular file");
    REQUIRE(mkfifo((folder.path() / "pipe").c_str(), 0600) == 0);
    says(folder.path() / "pipe", "not a regular file");
    says(folder.write("empty.json", ""), "not JSON");
    std::filesystem::resize_file(folder.write("huge.json", "{"), Tokenizer::max_file_bytes + 1);
    says(folder.path() / "huge.json", "at most");
}

TEST_CASE("Every beginning of a file is refused") {
    const std::string whole = good().dump();
    for (std::size_t n = 0; n < whole.size(); ++n) {
        CAPTURE(n);
        CHECK_FALSE(complaint(whole.substr(0, n)).empty());
    }
}

TEST_CASE("Every flipped bit is refused or gives a tokenizer that works") {
    std::string bytes = good().dump();
    int loaded = 0;
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
        char& byte = bytes[bit / 8];
        const char before = byte;
        byte = static_cast<char>(byte ^ (1 << (bit % 8)));
        loaded += complaint(bytes).empty();
        byte = before;
    }
    CHECK(loaded > 100);  // names of tokens, flags: not every bit can be told to be wrong
}
