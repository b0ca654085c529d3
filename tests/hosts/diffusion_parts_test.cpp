// SPDX-License-Identifier: MIT
//
// The parts of the text-to-image host that need no model: prompts as ids, tiles, noise, masks.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "noise.hpp"
#include "picture_inputs.hpp"
#include "prompt_tokens.hpp"
#include "tiles.hpp"

using namespace hekla::diffusion;
using Catch::Matchers::WithinAbs;

namespace {

const std::string clip = HEKLA_TEST_DATA "/reference/tokenizers/clip";

/// A tokenizer folder as older pipelines have it, without tokenizer.json.
struct OldFolder {
    OldFolder() : path(std::filesystem::temp_directory_path() / "hekla_diffusion_parts_tokenizer") {
        std::filesystem::create_directories(path);
        for (const char* name : {"vocab.json", "merges.txt"})
            std::filesystem::copy_file(clip + "/" + name, path / name,
                                       std::filesystem::copy_options::overwrite_existing);
    }
    ~OldFolder() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

Field numbered(Shape shape) {
    Field out = zeros(std::move(shape));
    for (std::size_t i = 0; i < out.values.size(); ++i)
        out.values[i] = std::sin(static_cast<double>(i));
    return out;
}

}  // namespace

TEST_CASE("Prompts become the ids that CLIP's tokenizer gives, by either form of its files") {
    std::ifstream file(clip + "/cases.json");
    const auto cases = nlohmann::json::parse(file)["cases"];
    const OldFolder old;
    constexpr std::size_t places = 77;
    for (const std::filesystem::path& folder : {std::filesystem::path(clip), old.path}) {
        const PromptTokens tokens(folder, places);
        for (const auto& item : cases) {
            auto want = item["ids_special"].get<std::vector<std::int32_t>>();
            if (want.size() > places) continue;
            want.resize(places, want.back());  // padded with <|endoftext|>
            INFO(folder << " " << item["text"]);
            CHECK(tokens.encode(item["text"]) == want);
        }
    }
}

TEST_CASE(
    "Padding is what the folder says, and a long prompt keeps its beginning and its end token") {
    const OldFolder old;
    std::ofstream(old.path / "special_tokens_map.json")
        << R"({"pad_token": {"content": "!"}, "eos_token": "<|endoftext|>"})";
    const PromptTokens tokens(old.path, 8);
    const auto some = tokens.encode("a river");
    CHECK(some.size() == 8);
    CHECK(some.back() == 0);
    std::string words;
    for (int i = 0; i < 10'000; ++i) words += "river ";
    const auto many = tokens.encode(words);
    CHECK(many.size() == 8);
    CHECK(many.front() == some.front());
    CHECK(many.back() == 602);
}

TEST_CASE("Tiles cover the whole, overlap, and put together give what they were cut from") {
    for (const std::int64_t size : {5, 8, 13, 40}) {
        const Field whole = numbered({2, 3, 29 * 2, 17 * 2});
        const TileGrid grid = tile_grid(29, 17, size);
        CHECK(grid.ys.front() == 0);
        CHECK(grid.ys.back() + grid.tile_height == 29);
        for (std::size_t i = 1; i < grid.ys.size(); ++i)
            CHECK(grid.ys[i - 1] + grid.tile_height - grid.ys[i] >= grid.overlap);
        TileBlend blend(whole.shape, grid, 2);
        for (std::int64_t n = 0; n < 2; ++n)
            for (const std::int64_t y : grid.ys)
                for (const std::int64_t x : grid.xs)
                    blend.add(cut_tile(whole, grid, n, y, x, 2), n, 0, y, x);
        const Field out = blend.finish();
        double worst = 0;
        for (std::size_t i = 0; i < out.values.size(); ++i)
            worst = std::max(worst, std::fabs(out.values[i] - whole.values[i]));
        CHECK_THAT(worst, WithinAbs(0, 1e-7));  // cut as float
    }
}

TEST_CASE("An image's noise is its own, whatever the batch") {
    const hekla::host::Tensors none;
    Noise alone(7, {1, 4, 3, 2}, none), batch(7, {3, 4, 3, 2}, none);
    for (const char* purpose : {"latents", "noise"}) {
        const Values one = alone.draw(purpose), three = batch.draw(purpose);
        CHECK(std::equal(one.begin(), one.end(), three.begin()));
        CHECK(!std::equal(one.begin(), one.end(), three.begin() + 24));
    }
}

TEST_CASE("A mask shrinks to the nearest pixel, and hides what is painted anew") {
    Field mask = zeros({1, 1, 4, 6});
    mask.row(0, 0, 2)[3] = 1;
    const Field small = shrunk_mask(mask, 2, 2);
    CHECK(small.values == Values{0, 0, 0, 1});
    const Field seen = masked(numbered({1, 3, 4, 6}), mask);
    CHECK(seen.row(0, 1, 2)[3] == 0);
    CHECK(seen.row(0, 1, 2)[2] != 0);
}
