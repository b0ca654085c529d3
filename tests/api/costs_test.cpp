// SPDX-License-Identifier: MIT
// What a device takes is measured once, and kept in the cache folder.
#include "tiny_model.hpp"

#include <catch2/catch_test_macros.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace {

/// A folder of its own, gone with it.
struct Folder {
    std::filesystem::path path = std::filesystem::temp_directory_path() /
                                 ("hekla-costs-" + std::to_string(::getpid()));
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    /// The file of costs, or nothing.
    std::filesystem::path costs() const {
        for (const auto& file : std::filesystem::directory_iterator(path))
            if (file.path().filename().string().find("-costs-") != std::string::npos) return file;
        return {};
    }
};

std::string contents(const std::filesystem::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// Opens the device with its caches there, and gives the sum of what a small plan is predicted to take.
double predicted(const Folder& folder, bool unmeasured = false) {
    const std::string cache = folder.path.string();
    hekla_runtime_desc desc{};
    desc.cache_folder = cache.c_str();
    const hekla::Runtime runtime(desc);
    hekla_device_desc how{};
    how.baseline = tiny::environment("HEKLA_TEST_PROFILE") == "baseline" ? 1 : 0;
    how.unmeasured = unmeasured ? 1 : 0;
    const hekla::Device device(runtime, tiny::environment("HEKLA_TEST_DEVICE"), how);
    const hekla::Model model = tiny::load_text(device, tiny::running_sum());
    const std::vector<hekla_dim_value> sizes = {{"T", 3}, {"P", 8}};
    double sum = 0;
    model.plan(
        sizes, {},
        [](void* user, const hekla_plan_step* step) {
            *static_cast<double*>(user) += step->predicted_us;
            return 1;
        },
        &sum);
    return sum;
}

}  // namespace

TEST_CASE("costs are measured at the first opening, kept, and measured again when the file is damaged") {
    const Folder folder;
    CHECK(predicted(folder, true) == 0);
    CHECK(folder.costs().empty());
    const double first = predicted(folder);
    if (tiny::environment("HEKLA_TEST_DEVICE") != "vulkan") {
        CHECK(first == 0);  // nothing to choose there
        CHECK(folder.costs().empty());
        return;
    }
    REQUIRE(first > 0);
    const std::filesystem::path file = folder.costs();
    REQUIRE_FALSE(file.empty());
    const std::string kept = contents(file);
    CHECK(predicted(folder) == first);
    CHECK(contents(file) == kept);
    std::ofstream(file) << kept.substr(0, kept.size() / 2);
    CHECK(predicted(folder) > 0);
    CHECK(contents(file).ends_with("}\n"));
}
