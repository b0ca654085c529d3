// SPDX-License-Identifier: MIT
#include "weights/config.hpp"

#include "error_of.hpp"
#include "memory_meter.hpp"
#include "weights/json.hpp"

#include <limits>

#include <catch2/catch_test_macros.hpp>

using namespace hekla;
using namespace hekla::weights;

namespace {

template <typename T>
std::optional<T> get(const Config& config, std::string_view key) {
    const std::optional<ConfigValue> value = config.find(key);
    if (!value || !std::holds_alternative<T>(value->value)) return std::nullopt;
    return std::get<T>(value->value);
}

const char* const example = R"({
  "model_type": "llama", "_class_name": "ignored",
  "hidden_size": 48, "rms_norm_eps": 1e-05, "rope_theta": 10000.0, "whole_as_real": 4.0, "negative": -7,
  "big": 9223372036854775807, "bigger": 9223372036854775808,
  "tie_word_embeddings": false, "n_inner": null, "act": "silu \u00e9\n",
  "rope_parameters": {"rope_type": "llama3", "factor": 8.0, "inner": {"deep": [1, 2.5, "x", null, true, [3], {"y": 1}]}, "empty": {}},
  "block_out_channels": [32, 64], "none": [],
  "a.b": 1, "a": {"b": 2, "c": 3}, "p": {"q": {"r": 4}, "q.s": 5}
})";

}  // namespace

TEST_CASE("configuration values keep their kinds") {
    const Config config(example, "config.json");
    CHECK(config.architecture() == "llama");
    CHECK(get<std::int64_t>(config, "hidden_size") == 48);
    CHECK(get<double>(config, "rms_norm_eps") == 1e-5);
    CHECK(get<double>(config, "rope_theta") == 10000.0);
    CHECK(get<double>(config, "whole_as_real") == 4.0);
    CHECK(get<std::int64_t>(config, "negative") == -7);
    CHECK(get<std::int64_t>(config, "big") == std::numeric_limits<std::int64_t>::max());
    CHECK(get<double>(config, "bigger") == 9223372036854775808.0);
    CHECK(get<bool>(config, "tie_word_embeddings") == false);
    CHECK(get<std::string>(config, "act") == "silu \xc3\xa9\n");
    CHECK(!config.find("n_inner"));  // null is absent
    CHECK(!config.find("absent"));
    CHECK(!config.find(""));
}

TEST_CASE("dots enter objects") {
    const Config config(example, "config.json");
    CHECK(get<std::string>(config, "rope_parameters.rope_type") == "llama3");
    CHECK(get<double>(config, "rope_parameters.factor") == 8.0);
    CHECK(!config.find("rope_parameters"));
    CHECK(!config.find("rope_parameters."));
    CHECK(!config.find("rope_parameters.inner"));
    CHECK(!config.find("rope_parameters.absent"));
    CHECK(!config.find("hidden_size.x"));
    CHECK(get<std::int64_t>(config, "a.b") == 1);  // as it is written first
    CHECK(get<std::int64_t>(config, "a.c") == 3);
    CHECK(get<std::int64_t>(config, "p.q.r") == 4);
    CHECK(get<std::int64_t>(config, "p.q.s") == 5);

    using List = std::shared_ptr<const ConfigValue::List>;
    const auto levels = get<List>(config, "block_out_channels");
    REQUIRE(levels);
    REQUIRE((*levels)->size() == 2);
    CHECK(std::get<std::int64_t>((**levels)[1].value) == 64);
    CHECK((*get<List>(config, "none"))->empty());
    const auto mixed = get<List>(config, "rope_parameters.inner.deep");
    REQUIRE(mixed);
    REQUIRE((*mixed)->size() == 7);
    CHECK(std::get<std::int64_t>((**mixed)[0].value) == 1);
    CHECK(std::get<double>((**mixed)[1].value) == 2.5);
    CHECK(std::get<std::string>((**mixed)[2].value) == "x");
    CHECK(std::holds_alternative<std::monostate>((**mixed)[3].value));
    CHECK(std::get<bool>((**mixed)[4].value));
    CHECK(std::get<std::int64_t>((*std::get<List>((**mixed)[5].value))[0].value) == 3);
    CHECK(std::holds_alternative<std::monostate>((**mixed)[6].value));  // an object in a list
}

TEST_CASE("keys are listed in order, without the null ones") {
    const Config config(R"({"b": {"x": 1, "y": {"z": [1]}}, "n": null, "a": "t"})", "config.json");
    CHECK(config.keys() == std::vector<std::string>{"b.x", "b.y.z", "a"});
    CHECK(Config().keys().empty());
    CHECK(!Config().find("x"));
}

TEST_CASE("the architecture is model_type, else _class_name") {
    CHECK(Config(R"({"_class_name": "UNet2DConditionModel"})", "c").architecture() ==
          "UNet2DConditionModel");
    CHECK(Config(R"({"model_type": null, "_class_name": "X"})", "c").architecture() == "X");
    CHECK(Config(R"({"inner": {"model_type": "x"}})", "c").architecture().empty());
    CHECK(Config("{}", "c").architecture().empty());
}

TEST_CASE("bad configurations are refused with their place") {
    struct Bad {
        std::string text;
        std::string message;
    };
    const Bad files[] = {
        {"", "config.json: byte 0: not JSON"},
        {"[1]", "config.json: byte 1: a configuration is an object"},
        {"7", "a configuration is an object"},
        {R"({"a": 1)", "config.json: byte 7: not JSON"},
        {R"({"a": 1} x)", "config.json: byte 9: not JSON"},
        {R"({"a": 1, "a": 2})", "the key 'a' is given twice"},
        {R"({"x": {"b": 1, "c": 1, "b": 2}})", "the key 'b' is given twice"},
        {R"({"a": 01})", "not JSON"},
        {R"({"a": 1e999})", "not JSON: number overflow"},
        {R"({"a": NaN})", "not JSON"},
        {R"({'a': 1})", "not JSON"},
        {R"({"a": "\ud800"})", "not JSON"},
        {"{\"a\": \"\xff\"}", "not JSON"},
        {"{\"a\": \"\xc0\xaf\"}", "not JSON"},
        {std::string("{\"a\0\": 1}", 9), "not JSON"},
        {"{\"a\": " + std::string(100'000, '[') + std::string(100'000, ']') + "}",
         "nested deeper than 64 levels"},
        {[] {
             std::string deep;
             for (int i = 0; i < 100'000; ++i) deep += "{\"a\":";
             return deep;
         }(),
         "nested deeper than 64 levels"},
    };
    for (const Bad& bad : files) {
        CAPTURE(bad.text.substr(0, 40));
        const MemoryMeter meter;
        const Thrown thrown = error_of([&] { Config(bad.text, "config.json"); });
        CAPTURE(thrown.text);
        CHECK(thrown.code == ErrorCode::invalid_file);
        CHECK(thrown.has(bad.message));
        CHECK(thrown.text.find("config.json: byte ") == 0);
        CHECK(meter.peak_bytes() <= 16 * bad.text.size() + (1 << 20));
    }
}

TEST_CASE("a configuration takes memory in proportion to its text") {
    std::string digits = "{\"a\":[0";
    for (int i = 0; i < 1'000'000; ++i) digits += ",0";
    digits += "]}";
    std::string members = "{\"a\":0";
    for (int i = 0; i < 200'000; ++i) members += ",\"" + std::to_string(i) + "\":0";
    members += "}";
    for (const std::string& text : {digits, members}) {
        const MemoryMeter meter;
        const Config config(text, "config.json");
        CHECK(meter.peak_bytes() <= 17 * text.size() + (1 << 20));
        CHECK(config.find("a"));
    }
}

TEST_CASE("names are quoted for JSON and for messages") {
    CHECK(json_quoted("a\"b\\c\n\x01é") == "\"a\\\"b\\\\c\\n\\u0001é\"");
    CHECK(error_of([] { json_quoted("\xff"); }).code == ErrorCode::invalid_argument);
    CHECK(quoted_for_message("h.0.w") == "'h.0.w'");
    CHECK(quoted_for_message(std::string("a\0\x1b[31m\xff", 8)) == "'a\\x00\\x1b[31m\\xff'");
    CHECK(quoted_for_message(std::string(1000, 'n')).size() == 105);
}
