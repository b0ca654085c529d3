// SPDX-License-Identifier: MIT
// A borrowed device: Vulkan is reached through the host's function alone, nothing of the host's is created, destroyed or idled.
#include "lent_device.hpp"
#include "bench.hpp"
#include "scenario.hpp"
#include "vk_hooks.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace hekla::testing;

namespace {

void check_manners(LentDevice& lent) {
    for (const char* forbidden :
         {"vkCreateInstance", "vkDestroyInstance", "vkCreateDevice", "vkDestroyDevice",
          "vkGetDeviceQueue", "vkEnumeratePhysicalDevices"}) {
        INFO(forbidden);
        CHECK(VkHooks::calls(forbidden) == 0);
    }
    // Not in the plugin's list of functions at all: asking for them would be noted.
    CHECK(VkHooks::unlisted().empty());
    CHECK(VkHooks::live().empty());
    CHECK(lent.lock_count() == static_cast<int>(VkHooks::calls("vkQueueSubmit")));
    CHECK(lent.lock_errors() == 0);
    CHECK(lent.alive());
}

}  // namespace

TEST_CASE("a lent device is used and left as it was", "[lent]") {
    for (const bool optional_features : {false, true}) {
        DYNAMIC_SECTION((optional_features ? "Vulkan 1.2 with features" : "bare Vulkan 1.1")) {
            LentDevice lent(optional_features);
            const PluginLibrary library("vulkan");
            const ScenarioResult result = run_scenario(library.table(), &lent.host(), nullptr);
            INFO(result.stage << ": " << result.text);
            REQUIRE(result.code == HEKLA_PLUGIN_OK);
            CHECK(result.output == scenario_output());
            CHECK(VkHooks::calls("vkQueueSubmit") > 0);
            check_manners(lent);
        }
    }
}

TEST_CASE("capabilities of a lent device are what the host says it enabled", "[lent]") {
    constexpr uint64_t of_the_hardware =
        HEKLA_PLUGIN_CAP_SUBGROUP_ARITHMETIC | HEKLA_PLUGIN_CAP_SUBGROUP_SHUFFLE;
    Target target;
    target.plugin = "vulkan";
    uint64_t own = 0;
    {
        const Bench bench(target);
        own = bench.info().capabilities;
    }
    {
        LentDevice lent(false);
        const Bench bench(target, &lent.host());
        CHECK(bench.table().device_count(bench.backend()) == 1);
        CHECK((bench.info().capabilities & ~of_the_hardware) == 0);
        CHECK((bench.info().capabilities & of_the_hardware) == (own & of_the_hardware));
    }
    {
        LentDevice lent(true);
        const Bench bench(target, &lent.host());
        CHECK((bench.info().capabilities & ~own) == 0);
        constexpr uint64_t core_1_2 = HEKLA_PLUGIN_CAP_STORAGE_16BIT |
                                      HEKLA_PLUGIN_CAP_STORAGE_8BIT | HEKLA_PLUGIN_CAP_FLOAT16 |
                                      HEKLA_PLUGIN_CAP_INT8 | HEKLA_PLUGIN_CAP_BUFFER_ADDRESS;
        CHECK((bench.info().capabilities & core_1_2) == (own & core_1_2));
        // Not named in the chain, so not enabled, whatever the hardware has.
        CHECK((bench.info().capabilities & HEKLA_PLUGIN_CAP_COOPERATIVE_MATRIX) == 0);
        CHECK((bench.info().capabilities & HEKLA_PLUGIN_CAP_INTEGER_DOT) == 0);
    }
}

TEST_CASE("two borrowers share one device", "[lent]") {
    LentDevice lent(false);
    const PluginLibrary library("vulkan");
    Target target;
    target.plugin = "vulkan";
    {
        const Bench first(target, &lent.host());
        const ScenarioResult second = run_scenario(library.table(), &lent.host(), nullptr);
        CHECK(second.output == scenario_output());
        const BufferPtr still = first.device_values(std::vector<uint32_t>(100, 7));
        CHECK(first.read_values<uint32_t>(still.get(), 100) == std::vector<uint32_t>(100, 7));
    }
    check_manners(lent);
}

TEST_CASE("a lent device that cannot be used is refused with a reason", "[lent]") {
    LentDevice lent(false);
    const PluginLibrary library("vulkan");
    const auto refuse = [&](const char* what, auto&& spoil) {
        INFO(what);
        hekla_vulkan_host broken = lent.host();
        spoil(broken);
        const ScenarioResult result = run_scenario(library.table(), &broken, nullptr);
        CHECK(result.code == HEKLA_PLUGIN_INVALID_ARGUMENT);
        CHECK(result.stage == "open");
        CHECK(result.text.find("lent") != std::string::npos);
    };
    refuse("a short struct", [](hekla_vulkan_host& host) { host.size = 8; });
    refuse("Vulkan 1.0", [](hekla_vulkan_host& host) { host.api_version = VK_API_VERSION_1_0; });
    refuse("no instance", [](hekla_vulkan_host& host) { host.instance = VK_NULL_HANDLE; });
    refuse("no physical device",
           [](hekla_vulkan_host& host) { host.physical_device = VK_NULL_HANDLE; });
    refuse("no device", [](hekla_vulkan_host& host) { host.device = VK_NULL_HANDLE; });
    refuse("no queue", [](hekla_vulkan_host& host) { host.queue = VK_NULL_HANDLE; });
    refuse("no way to Vulkan",
           [](hekla_vulkan_host& host) { host.get_instance_proc_addr = nullptr; });
    refuse("half a lock", [](hekla_vulkan_host& host) { host.unlock_queue = nullptr; });
    refuse("no such queue family", [](hekla_vulkan_host& host) { host.queue_family = 1000; });
    check_manners(lent);
}

TEST_CASE("a lost lent device is not destroyed", "[lent]") {
    for (uint64_t index = 0;; ++index) {
        LentDevice lent(false);
        const PluginLibrary library("vulkan");
        VkHooks::fail_at(index, VK_ERROR_DEVICE_LOST, true);
        const ScenarioResult result = run_scenario(library.table(), &lent.host(), nullptr);
        const bool reached = !VkHooks::failed_call().empty();
        INFO("call " << index << ", " << VkHooks::failed_call() << ": " << result.text);
        if (!reached) {
            CHECK(index > 30);
            CHECK(result.output == scenario_output());
            break;
        }
        CHECK(result.code == HEKLA_PLUGIN_DEVICE_LOST);
        CHECK(VkHooks::live().empty());
        CHECK(VkHooks::calls("vkDestroyDevice") == 0);
        CHECK(lent.alive());
    }
}
