// SPDX-License-Identifier: MIT
// The cache on disk as the driver sees it: what reaches vkCreatePipelineCache is judged at the hook, not by what the driver makes
// of it (lavapipe ignores its input, SwiftShader accepts anything).
#include "cache_file.hpp"
#include "scenario.hpp"
#include "vk_hooks.hpp"

#include <hekla/hekla_plugin.h>
#include <catch2/catch_test_macros.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace hekla::testing;

namespace {

struct Folder {
    std::string path = (std::filesystem::temp_directory_path() / "hekla-cache-XXXXXX").string();
    Folder() { REQUIRE(mkdtemp(path.data()) != nullptr); }
    ~Folder() { std::filesystem::remove_all(path); }

    std::string only_file() const {
        std::vector<std::string> files;
        for (const auto& entry : std::filesystem::directory_iterator(path))
            files.push_back(entry.path().string());
        REQUIRE(files.size() == 1);
        return files.front();
    }
};

std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void put(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

// One life; returns the sizes of the blobs that reached the driver.
std::vector<size_t> life(const Folder& folder) {
    VkHooks::reset();
    const ScenarioResult result =
        run_scenario(*hekla_plugin_table(HEKLA_PLUGIN_ABI), nullptr, folder.path.c_str());
    INFO(result.stage << ": " << result.text);
    REQUIRE(result.output == scenario_output());
    std::vector<size_t> sizes;
    for (const auto& blob : VkHooks::cache_blobs()) sizes.push_back(blob.size());
    return sizes;
}

}  // namespace

TEST_CASE("a sound cache reaches the driver and stays as it is", "[cache]") {
    const Folder folder;
    CHECK(life(folder) == std::vector<size_t>{0});
    const std::string path = folder.only_file();
    CHECK(std::filesystem::path(path).filename().string().starts_with("vulkan-"));
    const std::string first = content(path);
    for (int i = 0; i < 10; ++i) {
        const auto sizes = life(folder);
        REQUIRE(sizes.size() == 1);
        CHECK(sizes.front() > 0);
        CHECK(content(path) == first);  // nothing new was compiled, so nothing is written
    }
}

TEST_CASE("a damaged cache never reaches the driver and is replaced", "[cache]") {
    const Folder folder;
    life(folder);
    const std::string path = folder.only_file();
    const std::string good = content(path);
    const auto damaged = [&](const std::string& bytes) {
        put(path, bytes);
        CHECK(life(folder) == std::vector<size_t>{0});
        CHECK(folder.only_file() == path);
        CHECK(hekla_plugin_table(HEKLA_PLUGIN_ABI) != nullptr);
        const std::string now = content(path);
        CHECK(now.size() >= 80);
        CHECK(now.substr(0, 8) == good.substr(0, 8));
        CHECK(now != bytes);
    };
    for (size_t i = 0; i < 24; ++i) {
        std::string bytes = good;
        bytes[i * 7919 % bytes.size()] ^= static_cast<char>(1 << i % 8);
        damaged(bytes);
    }
    for (const size_t length :
         {size_t{0}, size_t{1}, size_t{79}, size_t{80}, good.size() / 2, good.size() - 1}) {
        damaged(good.substr(0, length));
    }
    damaged(good + "x");
    damaged(std::string(100000, '\0'));
}

TEST_CASE("a cache that cannot be written costs nothing else", "[cache]") {
    const Folder folder;
    life(folder);
    const std::string path = folder.only_file();
    std::filesystem::remove(path);
    std::filesystem::create_directory(path);  // in the file's place
    CHECK(life(folder) == std::vector<size_t>{0});
    CHECK(std::filesystem::is_directory(path));
    std::filesystem::remove(path);
    // A link is neither followed nor written through.
    const std::string outside = folder.path + ".outside";
    put(outside, "mine");
    std::filesystem::create_symlink(outside, path);
    CHECK(life(folder) == std::vector<size_t>{0});
    CHECK(content(outside) == "mine");
    std::filesystem::remove(outside);
    VkHooks::reset();
    CHECK(
        run_scenario(*hekla_plugin_table(HEKLA_PLUGIN_ABI), nullptr, "/dev/null/nowhere").output ==
        scenario_output());
}
