// SPDX-License-Identifier: MIT
// Parts of the Vulkan plugin that need no device: ranges of a memory block, facts about SPIR-V, the cache file.
#include "bench.hpp"
#include "cache_file.hpp"
#include "fake_devices.hpp"
#include "hash.hpp"
#include "ranges.hpp"
#include "spirv_facts.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include <sys/stat.h>

using namespace hekla::vulkan;
using hekla::testing::rich_device;
namespace code = hekla::testing::code;

TEST_CASE("ranges never overlap and join again", "[ranges]") {
    std::mt19937 random(7);
    for (int round = 0; round < 50; ++round) {
        const uint64_t size = 1 + random() % 100000;
        Ranges ranges(size);
        std::vector<std::pair<uint64_t, uint64_t>> taken;
        for (int step = 0; step < 400; ++step) {
            if (!taken.empty() && random() % 2 == 0) {
                const size_t which = random() % taken.size();
                ranges.give_back(taken[which].first, taken[which].second);
                taken.erase(taken.begin() + static_cast<ptrdiff_t>(which));
            } else {
                const uint64_t want = 1 + random() % (size / 4 + 1);
                const uint64_t alignment = uint64_t{1} << random() % 9;
                const auto offset = ranges.take(want, alignment);
                if (!offset) continue;
                REQUIRE(*offset % alignment == 0);
                REQUIRE(*offset + want <= size);
                for (const auto& [other, other_size] : taken) {
                    REQUIRE((*offset + want <= other || other + other_size <= *offset));
                }
                taken.emplace_back(*offset, want);
            }
            REQUIRE((ranges.all_free() == taken.empty()));
        }
        for (const auto& [offset, count] : taken) ranges.give_back(offset, count);
        REQUIRE(ranges.all_free());
        REQUIRE(ranges.take(size, 1) == uint64_t{0});
        REQUIRE_FALSE(ranges.take(1, 1));
    }
}

TEST_CASE("facts about a module follow its constants", "[spirv]") {
    const uint32_t spec[] = {8, 4, 2, 100};
    const SpirvFacts facts = read_spirv(code::group_sum.spirv, spec);
    CHECK(facts.has_main);
    CHECK(facts.version == 0x10300);
    CHECK(facts.local_size == std::array<uint32_t, 3>{8, 4, 2});
    CHECK(facts.shared_bytes == 400);
    CHECK(facts.capabilities == std::vector<uint32_t>{1});
    REQUIRE(facts.variables.size() == 3);
    const auto uniform =
        std::find_if(facts.variables.begin(), facts.variables.end(),
                     [](const SpirvFacts::Variable& variable) { return variable.uniform; });
    REQUIRE(uniform != facts.variables.end());
    CHECK(uniform->binding == 0);

    const uint32_t huge[] = {1, 1, 1, 0xffffffffu};
    CHECK(read_spirv(code::group_sum.spirv, huge).shared_bytes == uint64_t{0xffffffff} * 4);
    CHECK(read_spirv(code::group_sum.spirv, {}).local_size ==
          std::array<uint32_t, 3>{1, 1, 1});  // its own defaults
    CHECK(read_spirv(code::group_sum.spirv, {}).shared_bytes == 256);
    const SpirvFacts half = read_spirv(code::half_scale.spirv, {});
    CHECK(std::find(half.capabilities.begin(), half.capabilities.end(), 9u) !=
          half.capabilities.end());
}

TEST_CASE("damaged modules are read or refused, never worse", "[spirv]") {
    std::mt19937 random(11);
    int refused = 0;
    for (const auto& module :
         {code::affine, code::group_sum, code::half_scale, code::subgroup_sum}) {
        const std::vector<uint32_t> good(module.spirv.begin(), module.spirv.end());
        for (size_t length = 0; length < good.size(); ++length) {
            try {
                (void)read_spirv(std::span(good).first(length), {});
            } catch (const Failure& failure) {
                CHECK(failure.code() == HEKLA_PLUGIN_INVALID_FILE);
                ++refused;
            }
        }
        for (int round = 0; round < 4000; ++round) {
            std::vector<uint32_t> bad = good;
            for (auto flips = 1 + random() % 3; flips > 0; --flips) {
                bad[random() % bad.size()] ^= 1u << random() % 32;
            }
            const uint32_t spec[] = {static_cast<uint32_t>(random()), 1, 1,
                                     static_cast<uint32_t>(random())};
            try {
                (void)read_spirv(bad, spec);
            } catch (const Failure& failure) {
                CHECK(failure.code() == HEKLA_PLUGIN_INVALID_FILE);
                ++refused;
            }
        }
    }
    CHECK(refused > 1000);
}

namespace {

CacheFile some_cache(const DeviceSnapshot& snapshot, size_t payload = 977) {
    CacheFile cache;
    cache.keys = {3, 5, 0xffffffffffffffffull};
    VkPipelineCacheHeaderVersionOne header{};
    header.headerSize = sizeof header;
    header.headerVersion = VK_PIPELINE_CACHE_HEADER_VERSION_ONE;
    header.vendorID = snapshot.properties.vendorID;
    header.deviceID = snapshot.properties.deviceID;
    std::memcpy(header.pipelineCacheUUID, snapshot.properties.pipelineCacheUUID, VK_UUID_SIZE);
    cache.blob.resize(sizeof header + payload);
    std::memcpy(cache.blob.data(), &header, sizeof header);
    for (size_t i = sizeof header; i < cache.blob.size(); ++i)
        cache.blob[i] = static_cast<std::byte>(i * 31);
    return cache;
}

struct TemporaryFolder {
    std::string path = (std::filesystem::temp_directory_path() / "hekla-cache-XXXXXX").string();
    TemporaryFolder() { REQUIRE(mkdtemp(path.data()) != nullptr); }
    ~TemporaryFolder() { std::filesystem::remove_all(path); }
};

}  // namespace

TEST_CASE("a cache file comes back as it went", "[cache]") {
    const DeviceSnapshot snapshot = rich_device();
    const CacheFile cache = some_cache(snapshot);
    const auto read = read_cache(write_cache(cache, snapshot), snapshot);
    REQUIRE(read);
    CHECK(read->keys == cache.keys);
    CHECK(read->blob == cache.blob);
}

TEST_CASE("a damaged or foreign cache file is not used", "[cache]") {
    const DeviceSnapshot snapshot = rich_device();
    const auto good = write_cache(some_cache(snapshot), snapshot);
    for (size_t bit = 0; bit < good.size() * 8; ++bit) {
        auto bad = good;
        bad[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
        INFO("bit " << bit);
        REQUIRE_FALSE(read_cache(bad, snapshot));
    }
    for (size_t length = 0; length < good.size(); ++length) {
        REQUIRE_FALSE(read_cache(std::span(good).first(length), snapshot));
    }
    auto longer = good;
    longer.push_back(std::byte{0});
    CHECK_FALSE(read_cache(longer, snapshot));

    const auto foreign = [&](auto&& change) {
        DeviceSnapshot other = rich_device();
        change(other);
        return read_cache(good, other).has_value();
    };
    CHECK_FALSE(foreign([](auto& s) { ++s.properties.vendorID; }));
    CHECK_FALSE(foreign([](auto& s) { ++s.properties.deviceID; }));
    CHECK_FALSE(foreign([](auto& s) { ++s.properties.driverVersion; }));
    CHECK_FALSE(foreign([](auto& s) { --s.properties.driverVersion; }));
    CHECK_FALSE(foreign([](auto& s) { s.driver_id = VK_DRIVER_ID_MESA_RADV; }));
    CHECK_FALSE(foreign([](auto& s) { s.properties.pipelineCacheUUID[15] ^= 1; }));

    // A sound file around a blob that is not this device's: the driver's own header is looked at too.
    CacheFile wrong_blob = some_cache(snapshot);
    wrong_blob.blob[8] ^= std::byte{1};
    CHECK_FALSE(read_cache(write_cache(wrong_blob, snapshot), snapshot));
    wrong_blob.blob.resize(16);
    CHECK_FALSE(read_cache(write_cache(wrong_blob, snapshot), snapshot));
}

TEST_CASE("files are read whole or not at all", "[cache]") {
    const TemporaryFolder folder;
    const std::string path = folder.path + "/file";
    CHECK_FALSE(read_whole_file(path, 100));
    const std::vector<std::byte> bytes(50, std::byte{7});
    REQUIRE(replace_file(path, bytes));
    CHECK(read_whole_file(path, 100) == bytes);
    CHECK(read_whole_file(path, 50) == bytes);
    CHECK_FALSE(read_whole_file(path, 49));
    CHECK_FALSE(read_whole_file(folder.path, 100));
    std::filesystem::create_symlink(path, folder.path + "/link");
    CHECK_FALSE(read_whole_file(folder.path + "/link", 100));
    REQUIRE(mkfifo((folder.path + "/fifo").c_str(), 0600) == 0);
    CHECK_FALSE(read_whole_file(folder.path + "/fifo", 100));
    CHECK_FALSE(read_whole_file("/dev/zero", 100));
}

TEST_CASE("a file is replaced as a whole, whoever writes", "[cache]") {
    const TemporaryFolder folder;
    const std::string path = folder.path + "/file";
    CHECK_FALSE(replace_file(folder.path + "/no/such/folder", {}));
    // Names that a killed process left behind are no obstacle, within reason.
    std::ofstream(path + "." + std::to_string(getpid()) + ".0.tmp") << "left over";
    REQUIRE(replace_file(path, std::vector<std::byte>(10, std::byte{1})));

    std::vector<std::thread> writers;
    std::atomic<bool> stop{false};
    for (int number = 1; number <= 2; ++number) {
        writers.emplace_back([&, number] {
            const std::vector<std::byte> bytes(static_cast<size_t>(number) * 10007,
                                               static_cast<std::byte>(number));
            while (!stop) (void)replace_file(path, bytes);
        });
    }
    for (int i = 0; i < 300; ++i) {
        const auto read = read_whole_file(path, 1 << 20);
        REQUIRE(read);
        const auto same = [&](std::byte byte) { return byte == read->front(); };
        CHECK(std::all_of(read->begin(), read->end(), same));
        CHECK((read->size() == 10 || read->size() == static_cast<size_t>(read->front()) * 10007));
    }
    stop = true;
    for (std::thread& writer : writers) writer.join();
    size_t files = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path))
        ++files;
    CHECK(files == 2);  // the file and the left-over: no writer leaves anything
}

TEST_CASE("the hash tells any change within a word", "[cache]") {
    std::vector<std::byte> bytes(67, std::byte{0x33});
    const uint64_t good = hash_bytes(bytes, 0);
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
        CHECK(hash_bytes(bytes, 0) != good);
        bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    }
    CHECK(hash_bytes(std::span(bytes).first(66), 0) != good);
    CHECK(hash_bytes(bytes, 1) != good);
}
