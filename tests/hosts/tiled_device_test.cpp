// SPDX-License-Identifier: MIT
//
// Pictures in tiles against the same picture whole, in floats, on the device that HEKLA_TEST_DEVICE names. The upscaler is the reference
// case: an SRVGG with random weights, drawn by fan-in.
#include "tiled.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstdlib>

#include "random.hpp"

using namespace hekla::host;
using namespace hekla::image;

namespace {

RunOptions options() {
    const char* device = std::getenv("HEKLA_TEST_DEVICE");
    const char* profile = std::getenv("HEKLA_TEST_PROFILE");
    RunOptions out;
    out.device = device && *device ? device : "cpu";
    out.profile = profile ? profile : "";
    out.quiet = true;
    return out;
}

struct Bench {
    RunOptions run = options();
    Report report{run};
    Session session{run, report};
    PictureFilter filter;
    explicit Bench(const std::string& name)
        : filter(session, {std::string(HEKLA_TEST_DATA) + "/reference/" + name, {}, {}}) {}
};

Pictures noise(std::int64_t height, std::int64_t width) {
    Pictures out{1, 3, height, width, {}};
    Random random(3);
    for (std::int64_t i = 0; i < 3 * height * width; ++i)
        out.values.push_back(static_cast<float>(random.fraction()));
    return out;
}

/// All strips under each other.
Pictures tiled(PictureFilter& filter, const Pictures& image, const Tiling& tiling) {
    Pictures out{1, 3, image.height * filter.scale(), image.width * filter.scale(), {}};
    out.values.resize(static_cast<std::size_t>(3 * out.height * out.width));
    std::int64_t top = 0;
    run_tiled(
        filter, image, tiling,
        [&](const Pictures& strip) {
            REQUIRE(strip.width == out.width);
            for (std::int64_t c = 0; c < 3; ++c)
                std::copy_n(strip.values.begin() + c * strip.height * strip.width,
                            strip.height * strip.width,
                            out.values.begin() + (c * out.height + top) * out.width);
            top += strip.height;
        },
        [](std::size_t, std::size_t) {});
    REQUIRE(top == out.height);
    return out;
}

float largest_difference(const Pictures& a, const Pictures& b) {
    REQUIRE(a.values.size() == b.values.size());
    float out = 0;
    for (std::size_t i = 0; i < a.values.size(); ++i)
        out = std::max(out, std::abs(a.values[i] - b.values[i]));
    return out;
}

}  // namespace

TEST_CASE("An upscaled picture does not depend on its tiles") {
    Bench bench("srvgg");
    PictureFilter& filter = bench.filter;
    CHECK(filter.upscales());
    CHECK(filter.scale() == 4);
    const auto reach = filter.measure_reach(unit_range);
    REQUIRE(reach);
    CHECK(*reach > 0);
    CHECK(*reach <= 6);  // six 3x3 convolutions see no further
    const Pictures image = noise(61, 83);
    const Pictures whole = filter.run(image);
    for (const std::int64_t side : {20, 33, 48, 64}) {
        const Tiling tiling = plan_tiles(filter, 61, 83, {.side = side}, unit_range);
        CHECK(!tiling.whole());
        CHECK(!tiling.blend);
        CHECK(largest_difference(tiled(filter, image, tiling), whole) < 1e-4f);
    }
    // Without overlap the seams show: what the test above would see.
    const Tiling bare = plan_tiles(filter, 61, 83, {.side = 32, .overlap = 0}, unit_range);
    CHECK(largest_difference(tiled(filter, image, bare), whole) > 1e-2f);
}

TEST_CASE("A style net counts the whole picture, and that is noticed") {
    Bench bench("style_transfer");
    PictureFilter& filter = bench.filter;
    CHECK(!filter.upscales());
    CHECK(filter.multiple() == 4);
    CHECK(!filter.measure_reach(unit_range));
    CHECK(plan_tiles(filter, 37, 50, {}, unit_range).whole());
    const Tiling tiling = plan_tiles(filter, 96, 80, {.side = 48}, unit_range);
    CHECK(tiling.blend);
    CHECK(tiling.window_width == 48);
    for (const float v : tiled(filter, noise(96, 80), tiling).values) REQUIRE(std::isfinite(v));
}

TEST_CASE("Sizes that are no multiples are filled up by reflection and cut off again") {
    Bench bench("style_transfer");
    const Pictures image = noise(22, 31);
    const Tiling tiling = plan_tiles(bench.filter, 22, 31, {}, unit_range);
    CHECK(tiling.height == 24);
    CHECK(tiling.width == 32);
    const Pictures got = tiled(bench.filter, image, tiling);
    const Pictures full = bench.filter.run(reflected(image, 24, 32));
    CHECK(largest_difference(got, part_of(full, 0, 0, 31, 22)) == 0);
}
