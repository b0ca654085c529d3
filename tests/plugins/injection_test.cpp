// SPDX-License-Identifier: MIT
// Every fallible Vulkan call of a device's life is made to fail, one after another. Each time: a coded error with a sentence, no
// crash, nothing left alive; and the next life without faults gives the right numbers.
#include "scenario.hpp"
#include "vk_hooks.hpp"

#include <hekla/hekla_plugin.h>
#include <catch2/catch_test_macros.hpp>

#include <cstdlib>
#include <filesystem>
#include <set>

#include <unistd.h>

using namespace hekla::testing;

namespace {

const hekla_plugin& table() { return *hekla_plugin_table(HEKLA_PLUGIN_ABI); }

struct TemporaryFolder {
    std::string path = (std::filesystem::temp_directory_path() / "hekla-plugin-XXXXXX").string();
    TemporaryFolder() { REQUIRE(mkdtemp(path.data()) != nullptr); }
    ~TemporaryFolder() { std::filesystem::remove_all(path); }
};

// Calls whose failure costs something (a cached pipeline, a capability) but stops nothing.
bool may_be_survived(const std::string& call) {
    static const std::set<std::string> calls = {
        "vkGetPipelineCacheData",
        "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR",
        "vkGetPhysicalDeviceCooperativeMatrixFlexibleDimensionsPropertiesNV",
        "vkGetDeviceFaultInfoEXT",
        "vkCreatePipelineCache",  // with data from the disk; it is tried again without
        "vkAllocateMemory",       // where another memory type serves
        "vkWaitForFences",        // while destroying
    };
    return calls.contains(call);
}

hekla_plugin_result code_for(VkResult result) {
    switch (result) {
        case VK_ERROR_OUT_OF_HOST_MEMORY:
        case VK_ERROR_OUT_OF_DEVICE_MEMORY:
            return HEKLA_PLUGIN_OUT_OF_MEMORY;
        case VK_ERROR_DEVICE_LOST:
            return HEKLA_PLUGIN_DEVICE_LOST;
        default:
            return HEKLA_PLUGIN_INTERNAL;
    }
}

void sweep(VkResult code, bool sticky) {
    const TemporaryFolder folder;
    VkHooks::reset();
    const ScenarioResult clean = run_scenario(table(), nullptr, folder.path.c_str());
    INFO(clean.stage << ": " << clean.text);
    REQUIRE(clean.code == HEKLA_PLUGIN_OK);
    REQUIRE(clean.output == scenario_output());
    REQUIRE(VkHooks::live().empty());
    const uint64_t call_count = VkHooks::fallible_calls();
    REQUIRE(call_count > 50);
    std::filesystem::remove_all(
        folder.path);  // every life starts without a cache, as the first did

    for (uint64_t index = 0; index < call_count; ++index) {
        VkHooks::reset();
        VkHooks::fail_at(index, code, sticky);
        const ScenarioResult result = run_scenario(table(), nullptr, folder.path.c_str());
        std::filesystem::remove_all(folder.path);
        const std::string call = VkHooks::failed_call();
        INFO("call " << index << " of " << call_count << ", " << call << ", answers " << code
                     << "; code " << result.code << " at " << result.stage << ": " << result.text);
        if (call.empty()) {
            // How often fences are looked at depends on how fast the device is: a life may have a call less than the first.
            CHECK(VkHooks::fallible_calls() <= index);
            CHECK(result.output == scenario_output());
            continue;
        }
        for (const auto& [kind, alive] : VkHooks::live()) {
            INFO(alive << " " << kind << " left");
            CHECK(alive == 0);
        }
        CHECK(VkHooks::unlisted().empty());
        if (result.code == HEKLA_PLUGIN_OK) {
            CHECK(may_be_survived(call));
            CHECK(result.output == scenario_output());
        } else if (call == "vkEnumeratePhysicalDevices" && code == VK_ERROR_INITIALIZATION_FAILED) {
            CHECK(result.code ==
                  HEKLA_PLUGIN_NOT_FOUND);  // drivers without hardware: no devices, no error
        } else {
            CHECK(result.code == code_for(code));
            CHECK(!result.text.empty());
        }
        if (index % 16 == 0) {
            VkHooks::reset();
            CHECK(run_scenario(table(), nullptr, nullptr).output == scenario_output());
        }
    }
}

}  // namespace

TEST_CASE("a failing Vulkan call is a coded error and leaves nothing behind", "[injection]") {
    SECTION("out of host memory") { sweep(VK_ERROR_OUT_OF_HOST_MEMORY, false); }
    SECTION("out of device memory") { sweep(VK_ERROR_OUT_OF_DEVICE_MEMORY, false); }
    SECTION("initialisation failed") { sweep(VK_ERROR_INITIALIZATION_FAILED, false); }
    SECTION("device lost") { sweep(VK_ERROR_DEVICE_LOST, false); }
    SECTION("unknown") { sweep(VK_ERROR_UNKNOWN, false); }
    SECTION("device lost and stays so") { sweep(VK_ERROR_DEVICE_LOST, true); }
    SECTION("out of device memory from then on") { sweep(VK_ERROR_OUT_OF_DEVICE_MEMORY, true); }
}

TEST_CASE("an impossible host address is out of memory", "[injection]") {
    VkHooks::reset();
    VkHooks::map_at_minus_one(true);
    const ScenarioResult result = run_scenario(table(), nullptr, nullptr);
    CHECK(result.code == HEKLA_PLUGIN_OUT_OF_MEMORY);
    CHECK(result.stage == "buffer_create");
    CHECK(VkHooks::live().empty());
}

TEST_CASE("a lost device stays lost and asks Vulkan nothing more", "[injection]") {
    VkHooks::reset();
    hekla_plugin_host host{};
    host.size = sizeof host;
    host.abi = HEKLA_PLUGIN_ABI;
    hekla_plugin_backend* backend = nullptr;
    hekla_plugin_device* device = nullptr;
    hekla_plugin_buffer* buffer = nullptr;
    hekla_plugin_error error{};
    hekla_plugin_device_request request{};
    request.size = sizeof request;
    REQUIRE(table().open(&host, &backend, &error) == HEKLA_PLUGIN_OK);
    REQUIRE(table().device_create(backend, 0, &request, &device, &error) == HEKLA_PLUGIN_OK);
    REQUIRE(table().buffer_create(device, 64, HEKLA_PLUGIN_MEMORY_DEVICE, &buffer, &error) ==
            HEKLA_PLUGIN_OK);
    VkHooks::fail_at(VkHooks::fallible_calls(), VK_ERROR_DEVICE_LOST, false);
    hekla_plugin_buffer* second = nullptr;
    CHECK(table().buffer_create(device, 64, HEKLA_PLUGIN_MEMORY_DEVICE, &second, &error) ==
          HEKLA_PLUGIN_DEVICE_LOST);
    const uint64_t calls = VkHooks::fallible_calls();
    hekla_plugin_ticket ticket = 0;
    CHECK(table().buffer_create(device, 64, HEKLA_PLUGIN_MEMORY_DEVICE, &second, &error) ==
          HEKLA_PLUGIN_DEVICE_LOST);
    CHECK(table().copy(device, buffer, 0, buffer, 32, 32, &ticket, &error) ==
          HEKLA_PLUGIN_DEVICE_LOST);
    CHECK(table().wait(device, 1, 0, &error) == HEKLA_PLUGIN_DEVICE_LOST);
    CHECK(VkHooks::fallible_calls() == calls);
    table().buffer_destroy(device, buffer);
    table().device_destroy(device);
    table().close(backend);
    CHECK(VkHooks::live().empty());
}
