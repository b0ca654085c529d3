// SPDX-License-Identifier: MIT
// What is decided about a device, on devices that do not exist.
#include "device_plan.hpp"

#include "fake_devices.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>

using namespace hekla::vulkan;
using hekla::testing::rich_device;

namespace {

constexpr uint64_t all_capabilities = 0x3ff;

hekla_plugin_device_request request(uint32_t baseline = 0, uint64_t forget = 0) {
    hekla_plugin_device_request wanted{};
    wanted.size = sizeof wanted;
    wanted.baseline = baseline;
    wanted.forget = forget;
    return wanted;
}

DevicePlan plan(const DeviceSnapshot& snapshot, uint32_t baseline = 0, uint64_t forget = 0) {
    return plan_device(snapshot, request(baseline, forget), {}, nullptr);
}

bool enables(const DevicePlan& plan, const char* extension) {
    return std::find_if(plan.extensions.begin(), plan.extensions.end(), [&](const char* name) {
               return std::string(name) == extension;
           }) != plan.extensions.end();
}

}  // namespace

TEST_CASE("capabilities follow features", "[plan]") {
    CHECK(plan(rich_device()).info.capabilities == all_capabilities);
    const auto without = [](auto&& take_away) {
        DeviceSnapshot snapshot = rich_device();
        take_away(snapshot);
        return all_capabilities & ~plan(snapshot).info.capabilities;
    };
    constexpr uint64_t matrix2 = HEKLA_PLUGIN_CAP_COOPERATIVE_MATRIX2;
    constexpr uint64_t matrix = HEKLA_PLUGIN_CAP_COOPERATIVE_MATRIX | matrix2;
    CHECK(without([](auto& s) { s.features.storage_16bit = false; }) ==
          (HEKLA_PLUGIN_CAP_STORAGE_16BIT | matrix));
    CHECK(without([](auto& s) { s.features.storage_8bit = false; }) ==
          HEKLA_PLUGIN_CAP_STORAGE_8BIT);
    CHECK(without([](auto& s) { s.features.float16 = false; }) ==
          (HEKLA_PLUGIN_CAP_FLOAT16 | matrix));
    CHECK(without([](auto& s) { s.features.int8 = false; }) == HEKLA_PLUGIN_CAP_INT8);
    CHECK(without([](auto& s) { s.features.integer_dot = false; }) == HEKLA_PLUGIN_CAP_INTEGER_DOT);
    CHECK(without([](auto& s) { s.features.memory_model = false; }) == matrix);
    CHECK(without([](auto& s) { s.features.cooperative_matrix = false; }) == matrix);
    CHECK(without([](auto& s) { s.matrix = {}; }) == matrix);
    CHECK(without([](auto& s) { s.features.matrix_dimensions = false; }) == matrix2);
    CHECK(without([](auto& s) { s.features.matrix_elements = false; }) == matrix2);
    CHECK(without([](auto& s) { s.features.maintenance4 = false; }) == matrix2);
    CHECK(without([](auto& s) { s.api_version = VK_API_VERSION_1_2; }) == matrix2);  // no SPIR-V 1.6
    CHECK(without([](auto& s) { s.matrix_steps = {}; }) == matrix2);
    CHECK(without([](auto& s) { s.matrix_steps.n = 16; }) == matrix2);  // 2 * 8 would do, 8 does not
    CHECK(without([](auto& s) { s.matrix_limit = 63; }) == matrix2);
    CHECK(without([](auto& s) { s.features.buffer_address = false; }) ==
          HEKLA_PLUGIN_CAP_BUFFER_ADDRESS);
    constexpr uint64_t subgroups =
        HEKLA_PLUGIN_CAP_SUBGROUP_ARITHMETIC | HEKLA_PLUGIN_CAP_SUBGROUP_SHUFFLE;
    CHECK(without([](auto& s) { s.subgroup_stages = VK_SHADER_STAGE_FRAGMENT_BIT; }) == subgroups);
    CHECK(without([](auto& s) { s.subgroup_operations &= ~VK_SUBGROUP_FEATURE_BASIC_BIT; }) ==
          subgroups);
    CHECK(without([](auto& s) { s.subgroup_operations &= ~VK_SUBGROUP_FEATURE_ARITHMETIC_BIT; }) ==
          HEKLA_PLUGIN_CAP_SUBGROUP_ARITHMETIC);
    CHECK(without([](auto& s) { s.subgroup_operations &= ~VK_SUBGROUP_FEATURE_SHUFFLE_BIT; }) ==
          HEKLA_PLUGIN_CAP_SUBGROUP_SHUFFLE);
}

TEST_CASE("only what capabilities need is enabled", "[plan]") {
    const DevicePlan rich = plan(rich_device());
    CHECK(rich.enable.float16);
    CHECK(rich.enable.cooperative_matrix);
    CHECK(rich.info.matrix_n == 8);
    CHECK(rich.enable.memory_model);
    CHECK_FALSE(rich.enable.robust_buffer_access);
    CHECK(enables(rich, VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME));
    CHECK(enables(rich, VK_NV_COOPERATIVE_MATRIX_2_EXTENSION_NAME));
    CHECK(enables(rich, VK_KHR_MAINTENANCE_4_EXTENSION_NAME));
    CHECK(enables(rich, VK_EXT_DEVICE_FAULT_EXTENSION_NAME));

    const DevicePlan baseline = plan(rich_device(), 1);
    CHECK(baseline.info.capabilities == 0);
    CHECK(baseline.enable == FeatureSet{});
    CHECK(baseline.extensions.empty());

    // A cooperative matrix works on halves: forgetting those forgets it.
    const DevicePlan no_halves = plan(rich_device(), 0, HEKLA_PLUGIN_CAP_FLOAT16);
    CHECK(no_halves.info.capabilities ==
          (all_capabilities & ~(HEKLA_PLUGIN_CAP_FLOAT16 | HEKLA_PLUGIN_CAP_COOPERATIVE_MATRIX |
                                HEKLA_PLUGIN_CAP_COOPERATIVE_MATRIX2)));
    CHECK_FALSE(no_halves.enable.float16);
    CHECK_FALSE(no_halves.enable.cooperative_matrix);
    CHECK_FALSE(no_halves.enable.matrix_dimensions);
    CHECK_FALSE(no_halves.enable.maintenance4);
    CHECK(no_halves.info.matrix_n == 0);
    CHECK_FALSE(enables(no_halves, VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME));
    CHECK_FALSE(enables(no_halves, VK_NV_COOPERATIVE_MATRIX_2_EXTENSION_NAME));

    DeviceSnapshot portable = rich_device();
    portable.extensions.insert("VK_KHR_portability_subset");
    CHECK(enables(plan(portable, 1), "VK_KHR_portability_subset"));
}

TEST_CASE("the blocklist forgets by vendor, device and driver version", "[plan]") {
    const BlocklistEntry entries[] = {
        {0x1234, 0, 100, 499, HEKLA_PLUGIN_CAP_FLOAT16, false, "halves were wrong before 500"},
        {0x1234, 0x5678, 0, 0xffffffffu, HEKLA_PLUGIN_CAP_INTEGER_DOT, true, "this device only"},
        {0x4321, 0, 0, 0xffffffffu, all_capabilities, true, "another vendor"},
    };
    const auto decide = [&](uint32_t device_id, uint32_t driver_version) {
        DeviceSnapshot snapshot = rich_device();
        snapshot.properties.deviceID = device_id;
        snapshot.properties.driverVersion = driver_version;
        return plan_device(snapshot, request(), entries, nullptr);
    };
    constexpr uint64_t halves = HEKLA_PLUGIN_CAP_FLOAT16 |
                                HEKLA_PLUGIN_CAP_COOPERATIVE_MATRIX |
                                HEKLA_PLUGIN_CAP_COOPERATIVE_MATRIX2;
    CHECK(decide(1, 99).info.capabilities == all_capabilities);
    CHECK(decide(1, 100).info.capabilities == (all_capabilities & ~halves));
    CHECK(decide(1, 499).info.capabilities == (all_capabilities & ~halves));
    CHECK(decide(1, 500).info.capabilities == all_capabilities);
    CHECK(decide(1, 500).remarks.empty());
    const DevicePlan listed = decide(0x5678, 500);
    CHECK(listed.info.capabilities == (all_capabilities & ~HEKLA_PLUGIN_CAP_INTEGER_DOT));
    CHECK_FALSE(listed.enable.integer_dot);
    CHECK(listed.enable.robust_buffer_access);
    REQUIRE(listed.remarks.size() == 1);
    CHECK(std::string(listed.remarks.front()) == "this device only");
}

TEST_CASE("each shipped blocklist entry does what it says to the device it is about", "[plan]") {
    for (const BlocklistEntry& entry : shipped_blocklist()) {
        INFO(entry.reason);
        CHECK(std::string(entry.reason).size() > 20);
        DeviceSnapshot snapshot = rich_device();
        snapshot.properties.vendorID = entry.vendor_id;
        snapshot.properties.deviceID = entry.device_id;
        snapshot.properties.driverVersion = entry.driver_version_min;
        const DevicePlan hit = plan_device(snapshot, request(), shipped_blocklist(), nullptr);
        CHECK((hit.info.capabilities & entry.forget) == 0);
        CHECK(hit.enable.robust_buffer_access == entry.needs_robust_access);
        CHECK(hit.remarks.size() == 1);
        snapshot.properties.vendorID ^= 0x8000;
        CHECK(plan_device(snapshot, request(), shipped_blocklist(), nullptr).remarks.empty());
    }
}

TEST_CASE("a lent device has what it has and what the host enabled", "[plan]") {
    LentDevice lent{0, {}};
    const auto decide = [&](const DeviceSnapshot& snapshot) {
        return plan_device(snapshot, request(), {}, &lent);
    };
    constexpr uint64_t subgroups =
        HEKLA_PLUGIN_CAP_SUBGROUP_ARITHMETIC | HEKLA_PLUGIN_CAP_SUBGROUP_SHUFFLE;
    CHECK(decide(rich_device()).info.capabilities == subgroups);
    CHECK(decide(rich_device()).extensions.empty());
    CHECK(decide(rich_device()).queue_family == 0);
    lent.enabled.float16 = lent.enabled.int8 = true;
    CHECK(decide(rich_device()).info.capabilities ==
          (subgroups | HEKLA_PLUGIN_CAP_FLOAT16 | HEKLA_PLUGIN_CAP_INT8));
    DeviceSnapshot poor = rich_device();
    poor.features.int8 = false;  // the host claims more than there is
    CHECK(decide(poor).info.capabilities == (subgroups | HEKLA_PLUGIN_CAP_FLOAT16));
    lent.queue_family = 1;  // copies only
    CHECK_THROWS_AS(decide(rich_device()), Failure);
    lent.queue_family = 9;
    CHECK_THROWS_AS(decide(rich_device()), Failure);
}

TEST_CASE("features are read from any chain", "[plan]") {
    VkPhysicalDeviceVulkan13Features features_1_3{};
    features_1_3.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES;
    features_1_3.shaderIntegerDotProduct = VK_TRUE;
    VkPhysicalDeviceVulkan12Features features_1_2{};
    features_1_2.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
    features_1_2.pNext = &features_1_3;
    features_1_2.shaderFloat16 = VK_TRUE;
    features_1_2.vulkanMemoryModel = VK_TRUE;
    VkPhysicalDeviceVulkan11Features features_1_1{};
    features_1_1.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES;
    features_1_1.pNext = &features_1_2;
    features_1_1.storageBuffer16BitAccess = VK_TRUE;
    VkPhysicalDeviceFeatures2 head{};
    head.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
    head.pNext = &features_1_1;
    head.features.shaderInt64 = VK_TRUE;
    FeatureSet wanted;
    wanted.integer_dot = wanted.float16 = wanted.memory_model = wanted.storage_16bit =
        wanted.shader_int64 = true;
    CHECK(read_features(&head) == wanted);
    CHECK(read_features(nullptr) == FeatureSet{});

    // What FeatureChain writes, read_features reads.
    const DeviceSnapshot rich = rich_device();
    FeatureChain chain(rich.extensions);
    chain.set(rich.features);
    CHECK(read_features(chain.head()) == rich.features);
    FeatureChain bare({});
    bare.set(rich.features);
    CHECK(read_features(bare.head()).float16 == false);
    CHECK(read_features(bare.head()).storage_16bit == true);
}

TEST_CASE("limits are the smaller of those that apply", "[plan]") {
    const hekla_plugin_device_info info = plan(rich_device()).info;
    CHECK(info.max_bindings == 500);
    CHECK(info.max_buffer_bytes == uint64_t{4} << 30);
    CHECK(info.max_binding_bytes == 0xffffffffu);
    CHECK(info.memory_bytes == uint64_t{8} << 30);
    CHECK(info.memory_budget_bytes == info.memory_bytes);
    CHECK(info.type == HEKLA_PLUGIN_DEVICE_DISCRETE);
    CHECK(info.timestamps == 1);
    DeviceSnapshot snapshot = rich_device();
    snapshot.has_budget = true;
    snapshot.heap_budget[0] = uint64_t{6} << 30;
    snapshot.heap_usage[0] = uint64_t{2} << 30;
    CHECK(plan(snapshot).info.memory_budget_bytes == uint64_t{4} << 30);
    snapshot.heap_usage[0] = uint64_t{7} << 30;
    CHECK(plan(snapshot).info.memory_budget_bytes == 0);
    for (VkQueueFamilyProperties& family : snapshot.queue_families) family.timestampValidBits = 0;
    CHECK(plan(snapshot).info.timestamps == 0);
}

TEST_CASE("queues and devices are chosen", "[plan]") {
    DeviceSnapshot snapshot = rich_device();
    CHECK(plan(snapshot).queue_family == 2);  // computes and does not draw
    snapshot.queue_families[2].timestampValidBits = 0;
    CHECK(plan(snapshot).queue_family == 0);  // times matter more
    snapshot.queue_families.pop_back();
    CHECK(plan(snapshot).queue_family == 0);
    snapshot.queue_families[0].queueFlags = VK_QUEUE_GRAPHICS_BIT;
    CHECK_THROWS_AS(plan(snapshot), Failure);
    snapshot = rich_device();
    snapshot.properties.apiVersion = VK_API_VERSION_1_0;
    CHECK_THROWS_AS(plan(snapshot), Failure);

    CHECK(device_rank(VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU) <
          device_rank(VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU));
    CHECK(device_rank(VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU) <
          device_rank(VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU));
    CHECK(device_rank(VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU) <
          device_rank(VK_PHYSICAL_DEVICE_TYPE_CPU));
    CHECK(device_rank(VK_PHYSICAL_DEVICE_TYPE_CPU) < device_rank(VK_PHYSICAL_DEVICE_TYPE_OTHER));
}

TEST_CASE("memory types are chosen by what a buffer is for", "[plan]") {
    const VkPhysicalDeviceMemoryProperties memory = rich_device().memory;
    using Types = std::vector<uint32_t>;
    // Weights never spill into the host's memory while the device has its own; protected memory is left alone.
    CHECK(memory_types_for(memory, ~0u, HEKLA_PLUGIN_MEMORY_DEVICE) == Types{1, 3});
    CHECK(memory_types_for(memory, ~0u, HEKLA_PLUGIN_MEMORY_WEIGHTS) == Types{1, 3});
    CHECK(memory_types_for(memory, ~0u, HEKLA_PLUGIN_MEMORY_UPLOAD) == Types{0, 2, 3});
    CHECK(memory_types_for(memory, ~0u, HEKLA_PLUGIN_MEMORY_DOWNLOAD) == Types{2, 0, 3});
    CHECK(memory_types_for(memory, ~0u, HEKLA_PLUGIN_MEMORY_PARAMS) == Types{3, 0, 2});
    CHECK(memory_types_for(memory, 0b00101, HEKLA_PLUGIN_MEMORY_DEVICE) == Types{0, 2});
    CHECK(memory_types_for(memory, 0b10010, HEKLA_PLUGIN_MEMORY_UPLOAD).empty());

    VkPhysicalDeviceMemoryProperties unified{};  // as software drivers have it
    unified.memoryHeapCount = unified.memoryTypeCount = 1;
    unified.memoryTypes[0].propertyFlags =
        VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT | VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
        VK_MEMORY_PROPERTY_HOST_COHERENT_BIT | VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
    for (const auto kind : {HEKLA_PLUGIN_MEMORY_DEVICE, HEKLA_PLUGIN_MEMORY_UPLOAD,
                            HEKLA_PLUGIN_MEMORY_DOWNLOAD, HEKLA_PLUGIN_MEMORY_PARAMS,
                            HEKLA_PLUGIN_MEMORY_WEIGHTS}) {
        CHECK(memory_types_for(unified, ~0u, kind) == Types{0});
    }
}
