// SPDX-License-Identifier: MIT
#include "base/diagnostic.hpp"
#include "base/did_you_mean.hpp"
#include "base/dtype.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <array>

using namespace hekla;

namespace {

SourcePtr source_of(std::string text) {
    return std::make_shared<const Source>("a.yaml", std::move(text));
}

}  // namespace

TEST_CASE("a message with everything") {
    const auto source =
        source_of("first\n\tsecond é third\n" + std::string(8, '\n') + "eleventh\n");
    Diagnostics out;
    out.error(source, "HK9999", "something", {2, 11, 5}, "here")
        .also({11, 1, 8}, "there")
        .via({"layer", "h", "i", 3, 12, {1, 1, 5}})
        .via({"inner", "", "", 0, 0, {1, 2, 1}})
        .via({"", "g", "", 1, 2, {1, 3, 1}})
        .note("a note")
        .help("help yourself");
    CHECK(out.text() ==
          "error[HK9999]: something\n"
          "  --> a.yaml:2:11\n"
          "  |\n"
          "2 | \tsecond é third\n"
          "  | \t         ^^^^^ here\n"
          "   |\n"
          "11 | eleventh\n"
          "   | -------- there\n"
          "   in block `layer` (i=3 of 0..11 in repeat `h`)  at a.yaml:1:1\n"
          "   in block `inner`  at a.yaml:1:2\n"
          "   in repeat `g` (turn 1 of 0..1)  at a.yaml:1:3\n"
          "   = note: a note\n"
          "   = help: help yourself\n");
    CHECK(out.text(true).find("\x1b[") != std::string::npos);

    const auto json = nlohmann::json::parse(out.json());
    REQUIRE(json.size() == 1);
    CHECK(json[0]["code"] == "HK9999");
    CHECK(json[0]["severity"] == "error");
    CHECK(json[0]["file"] == "a.yaml");
    CHECK(json[0]["line"] == 2);
    CHECK(json[0]["column"] == 11);
    CHECK(json[0]["length"] == 5);
    CHECK(json[0]["secondary"][0]["label"] == "there");
    CHECK(json[0]["trail"][0]["turn"] == 3);
    CHECK(json[0]["trail"][0]["turns"] == 12);
    CHECK_FALSE(json[0]["trail"][1].contains("turn"));
    CHECK(json[0]["notes"][0] == "a note");
    CHECK(json[0]["help"] == "help yourself");
    CHECK(nlohmann::json::parse(out.json(-1)) == json);
    CHECK(out.json(-1).find('\n') == std::string::npos);
    CHECK(nlohmann::json::parse(Diagnostics().json()).empty());
}

TEST_CASE("messages without a place") {
    Diagnostics out;
    out.warning(nullptr, "HK1", "no file");
    out.error(source_of(""), "HK2", "no line");
    CHECK(out.text() == "warning[HK1]: no file\n\nerror[HK2]: no line\n  --> a.yaml\n");
    CHECK(out.error_count() == 1);
    const auto json = nlohmann::json::parse(out.json());
    CHECK_FALSE(json[0].contains("line"));
}

TEST_CASE("the same failure in many turns is told once") {
    const auto source = source_of("x\n");
    Diagnostics out;
    for (std::int64_t turn = 0; turn < 22; ++turn)
        out.error(source, "HK1", "bad", {1, 1, 1}).via({"b", "h", "i", turn, 22, {1, 1, 1}});
    for (std::int64_t turn : {3, 5})
        out.error(source, "HK2", "odd", {1, 1, 1}).via({"b", "h", "i", turn, 22, {1, 1, 1}});
    for (int i = 0; i < 3; ++i) out.error(source, "HK3", "twice", {1, 1, 1});
    for (std::int64_t turn = 0; turn < 4; ++turn)
        out.error(source, "HK4", "nested", {1, 1, 1})
            .via({"b", "h", "i", turn % 2, 2, {1, 1, 1}})
            .via({"c", "g", "j", turn / 2, 2, {1, 1, 1}});
    const auto list = out.collapsed();
    REQUIRE(list.size() == 4);
    CHECK(list[0].notes == std::vector<std::string>{"same in all 22 turns"});
    CHECK(list[0].trail[0].turn == 0);
    CHECK(list[1].notes == std::vector<std::string>{"same in 2 of 22 turns"});
    CHECK(list[2].notes.empty());
    CHECK(list[3].notes == std::vector<std::string>{"same in all 4 turns"});
    CHECK(out.error_count() == 31);
}

TEST_CASE("places count code points, and lines end in three ways") {
    const Source source("t", "aé😀b\r\nc\rd\n\xFFx");
    CHECK(source.line_count() == 4);
    CHECK(source.line(1) == "aé😀b");
    CHECK(source.line(2) == "c");
    CHECK(source.line(3) == "d");
    CHECK(source.line(4) == "\xFFx");
    CHECK(source.line(5).empty());
    CHECK(source.place(7, 8) == Place{1, 4, 1});  // b
    CHECK(source.place(1, 7) == Place{1, 2, 2});  // é😀
    CHECK(source.place(10, 11) == Place{2, 1, 1});
    CHECK(source.place(15, 16) == Place{4, 2, 1});
    CHECK(source.place(99, 100) == Place{4, 3, 0});
    for (std::size_t at : {0, 1, 3, 7, 10, 12, 14, 15})
        CHECK(source.offset(source.place(at, at + 1)) == at);
}

TEST_CASE("columns of long lines agree with counting") {
    std::string text;
    for (int i = 0; i < 5000; ++i)
        text += i % 3 == 0 ? "é" : i % 7 == 0 ? "😀" : i % 500 == 0 ? "\n" : "x";
    const Source source("t", text);
    for (std::size_t at = 0; at < text.size();
         at += 1 + utf8_length(std::string_view(text).substr(at)) / 2) {
        if ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;
        const std::size_t start =
            text.rfind('\n', at == 0 ? 0 : at - 1) == std::string::npos || at == 0
                ? 0
                : text.rfind('\n', at - 1) + 1;
        const Place place = source.place(at, text.size());
        REQUIRE(place.column ==
                1 + count_code_points(std::string_view(text).substr(start, at - start)));
        REQUIRE(place.length == count_code_points(std::string_view(text).substr(at)));
    }
}

TEST_CASE("close words are suggested, digits never guessed") {
    const std::array<std::string_view, 12> words = {"layer_norm", "linear", "out", "bias",
                                                    "layout",     "qkv",    "s1",  "s2",
                                                    "f16",        "n_head", "B",   "rms_norm"};
    CHECK(did_you_mean("layer_nrom", words) == "layer_norm");
    CHECK(did_you_mean("ouput", words) == "out");
    CHECK(did_you_mean("qvk", words) == "qkv");
    CHECK(did_you_mean("s4", words).empty());
    CHECK(did_you_mean("fp16", words) == "f16");
    CHECK(did_you_mean("f32", words).empty());
    CHECK(did_you_mean("n_heads", words) == "n_head");
    CHECK(did_you_mean("T", words).empty());
    CHECK(did_you_mean("Linear", words) == "linear");
    CHECK(did_you_mean("vocab", words).empty());
    CHECK(did_you_mean("", words).empty());
    CHECK(did_you_mean("linear", words).empty());  // it is there already
    CHECK(did_you_mean(std::string(100'000, 'x'), words).empty());
    CHECK(did_you_mean_help("qvk", words) == "did you mean `qkv`?");
    CHECK(did_you_mean_help("zzzz", words).empty());
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("abcd", "acbd") == 1);
    CHECK(edit_distance("kitten", "sitting") == 3);
    CHECK(edit_distance("ca", "abc") == 3);  // no letter is edited twice
}

TEST_CASE("element types") {
    for (std::string_view name : {"float", "f32", "f16", "bf16", "f64", "i8", "u8", "i16", "u16",
                                  "i32", "u32", "i64", "u64", "bool"}) {
        const auto type = find_dtype(name);
        REQUIRE(type);
        CHECK(name_of(*type) == name);
        CHECK(is_floating(*type) == (name.find('f') != std::string_view::npos));
    }
    CHECK_FALSE(find_dtype("fp16"));
    CHECK(size_bytes(DType::bf16) == 2);
    CHECK(size_bytes(DType::floating) == 0);
    CHECK(size_bytes(DType::boolean) == 1);
    CHECK(size_bytes(DType::u64) == 8);
}
