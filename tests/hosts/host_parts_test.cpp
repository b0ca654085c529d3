// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>
#include <fstream>

#include "model_config.hpp"
#include "options.hpp"
#include "progress.hpp"

using namespace hekla::host;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

struct Folder {
    fs::path path = fs::temp_directory_path() / ("hekla-parts-test-" + std::to_string(::getpid()));
    Folder() { fs::create_directories(path); }
    ~Folder() { fs::remove_all(path); }
    ModelConfig config(const std::string& text) const {
        std::ofstream(path / "config.json", std::ios::trunc) << text;
        return ModelConfig(path);
    }
};

}  // namespace

TEST_CASE("The progress line tells steps, and the time left once it can") {
    CHECK(progress_line("tiles", 0, 20, 0) == "tiles [........................] 0 of 20");
    CHECK(progress_line("tiles", 5, 20, 10) ==
          "tiles [######..................] 5 of 20, 0:30 left");
    CHECK(progress_line("steps", 1, 100, 60) ==
          "steps [........................] 1 of 100, 1:39:00 left");
    CHECK(progress_line("tiles", 20, 20, 10) == "tiles [########################] 20 of 20");
}

TEST_CASE("Bytes are read with their unit") {
    CHECK(parse_bytes("100000") == 100000);
    CHECK(parse_bytes("4K") == 4096);
    CHECK(parse_bytes("512M") == 512u << 20);
    CHECK(parse_bytes("4G") == 4ull << 30);
    for (const char* bad :
         {"", "M", "4X", "-1", "1.5G", "4GB", "99999999999999999999", "99999999999G"})
        CHECK_THROWS(parse_bytes(bad));
}

TEST_CASE("A model's config says its range and labels") {
    const Folder folder;
    CHECK(ModelConfig(folder.path).labels().empty());
    const ModelConfig config =
        folder.config(R"({"output_range": [-1, 1], "labels": ["zero", "one"]})");
    CHECK(config.output_range(unit_range).black == -1);
    CHECK(config.labels() == std::vector<std::string>{"zero", "one"});
    CHECK(ModelConfig(folder.path / "model.safetensors").labels().size() == 2);
    CHECK(folder.config("{}").output_range(signed_range).black == -1);
    CHECK(folder.config(R"({"id2label": {"1": "b", "0": "a", "10": "k"}})").labels()[10] == "k");
    CHECK_THROWS_WITH(folder.config("[1]"), ContainsSubstring("not a JSON object"));
    CHECK_THROWS_WITH(folder.config("{"), ContainsSubstring("config.json"));
    for (const char* bad : {"[1]", "[1, 1]", "\"tanh\"", "[0, \"x\"]"})
        CHECK_THROWS_WITH(
            folder.config("{\"output_range\": " + std::string(bad) + "}").output_range(unit_range),
            ContainsSubstring("output_range"));
    CHECK_THROWS_WITH(folder.config(R"({"id2label": {"x": "a"}})").labels(),
                      ContainsSubstring("id2label"));
    CHECK_THROWS_WITH(folder.config(R"({"id2label": {"4294967296": "a"}})").labels(),
                      ContainsSubstring("id2label"));
}
